#include "optimize/optimize.h"

#include <algorithm>

#include "base/str.h"
#include "graph/inline_functions.h"
#include "graph/problem.h"
#include "graph/verify.h"
#include "ops/infer.h"
#include "ops/op.h"
#include "optimize/list.h"
#include "optimize/opset/convert.h"
#include "optimize/rewriter.h"
#include "passes/list.h"
#include "passes/rewrite.h"

namespace slipway::optimize {
namespace {

constexpr std::size_t kMostRounds = 12;

// A model without functions, or the same model where they cannot be written out: functions that
// call each other in a circle, or are of an operator set that the model's nodes cannot have.
std::string write_out_functions(Model& model) {
  if (model.functions.empty()) return "";
  const std::size_t count = model.functions.size();
  Model inlined = model.clone();
  Problems problems;
  if (!inline_functions(inlined).ok()) return "";
  infer_types(inlined, problems);
  if (!align_versions(inlined).ok()) return "";
  verify(inlined, problems);
  if (first_fault(problems) != nullptr) return "";
  model = std::move(inlined);
  return note(count, "wrote out", "function");
}

std::size_t freeze_inputs(Graph& graph) {
  return std::erase_if(graph.inputs, [&](ValueId id) { return graph.initializer(id) != nullptr; });
}

// Values that nothing makes or uses any more would be written with their types.
void forget_unused(Graph& graph) {
  std::vector<bool> is_known(graph.values.size(), false);
  const auto keep = [&](ValueId id) {
    if (id != kNoValue) is_known[index(id)] = true;
  };
  for (const ValueId id : graph.inputs) keep(id);
  for (const ValueId id : graph.outputs) keep(id);
  for (const Capture& capture : graph.captures) keep(capture.inner);
  for (const auto& [id, tensor] : graph.initializers) keep(id);
  for (const auto& [id, tensor] : graph.sparse_initializers) keep(id);
  for (Node& node : graph.nodes) {
    for (const ValueId id : node.outputs) keep(id);
    for_each_subgraph(node, [&](Graph& body) { forget_unused(body); });
  }
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    if (is_known[i]) continue;
    graph.values[i].type = Type();
    graph.values[i].doc.clear();
    graph.values[i].metadata.clear();
  }
}

// Before format 4 every constant is an input as well: what was folded must not become one.
void lift_format(Model& model) {
  const bool has_own = std::ranges::any_of(model.graph.initializers, [&](const auto& entry) {
    return !is_input(model.graph, entry.first);
  });
  if (has_own) model.ir_version = std::max<std::int64_t>(model.ir_version, 4);
}

void measure(const Graph& graph, Size& size) {
  size.nodes += graph.nodes.size();
  size.constants += graph.initializers.size();
  for (const auto& [id, tensor] : graph.initializers) {
    if (tensor.dtype() != DType::kString) size.constant_bytes += tensor.bytes().size();
  }
  for (const Node& node : graph.nodes) {
    for (const Attribute& attribute : node.attributes) {
      const auto* const tensor = std::get_if<Tensor>(&attribute.value);
      if (tensor == nullptr) continue;
      ++size.constants;
      if (tensor->dtype() != DType::kString) size.constant_bytes += tensor->bytes().size();
    }
    for_each_subgraph(node, [&](const Graph& body) { measure(body, size); });
  }
}

// Operators of ai.onnx in a version that nobody here knows: their inputs may mean anything.
Status expect_known(const Graph& graph) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const Op* const op = find_op(node.domain, node.op);
    if (node.domain.empty() && (op == nullptr || op->at(node.version) == nullptr)) {
      return Error{Code::kUnsupported, str(describe(graph, i), ": opset ", node.version, " has no ",
                                           node.op, " that Slipway knows")};
    }
    Status status;
    for_each_subgraph(node, [&](const Graph& body) {
      if (status.ok()) status = expect_known(body);
    });
    if (!status.ok()) return status;
  }
  return {};
}

class Run {
 public:
  Run(Model& model, const Options& options) : model_(model), options_(options) {}

  Result<Outcome> run() {
    TRY(prepare());
    for (std::size_t round = 1; round <= kMostRounds; ++round) {
      const std::size_t before = outcome_.notes.size();
      if (TRY(run_round(round))) break;
      if (outcome_.notes.size() == before) break;
    }
    forget_unused(model_.graph);
    lift_format(model_);
    Problems problems;
    verify(model_, problems);
    if (const Problem* const fault = first_fault(problems))
      return Error{Code::kInternal, str("a pass broke the model: ", to_text(*fault))};
    return std::move(outcome_);
  }

 private:
  void add(std::string_view pass, std::string text, std::size_t round = 0) {
    if (!text.empty()) outcome_.notes.push_back({std::string(pass), std::move(text), round});
  }

  void infer() {
    Problems ignored;  // check_model tells them
    infer_types(model_, ignored);
  }

  Status prepare() {
    if (options_.freeze)
      add("freeze", note(freeze_inputs(model_.graph), "made", "input", "with a default constant"));
    if (!options_.extents.empty()) {
      bind_dims(model_, options_.extents);
      add("fix", note(options_.extents.size(), "fixed", "dimension"));
    }
    add("inline-functions", write_out_functions(model_));
    if (!options_.opset) return {};
    infer();
    TRY(slipway::fold_small_constants(model_));
    infer();
    std::string text = TRY(convert_opset(model_, *options_.opset));
    outcome_.changed_arithmetic = !text.empty();
    add("convert-opset", std::move(text));
    infer();
    return {};
  }

  // True after the last pass that was asked for.
  Result<bool> run_round(std::size_t round) {
    for (const Pass& pass : passes()) {
      if (!options_.exact || !pass.changes_arithmetic) {
        std::string text = TRY(pass.run(model_));
        if (!text.empty()) {
          outcome_.changed_arithmetic = outcome_.changed_arithmetic || pass.changes_arithmetic;
          add(pass.name, std::move(text), round);
          infer();
        }
        if (options_.after_pass && round == 1) TRY(options_.after_pass(pass.name, model_));
      }
      if (pass.name == options_.stop_after) return true;
    }
    return false;
  }

  Model& model_;
  const Options& options_;
  Outcome outcome_;
};

}  // namespace

Result<Outcome> optimize(Model& model, const Options& options) {
  if (!options.stop_after.empty()) TRY(expect_pass(options.stop_after));
  TRY(expect_known(model.graph));
  return Run(model, options).run();
}

Size size_of(const Model& model) {
  Size size;
  measure(model.graph, size);
  for (const Function& function : model.functions) measure(function.body, size);
  return size;
}

}  // namespace slipway::optimize
