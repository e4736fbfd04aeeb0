#include "ops/infer.h"

#include <algorithm>

#include "base/str.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/interpreter.h"
#include "ops/op.h"

namespace slipway {
namespace {

constexpr std::size_t kMaxProblems = 1000;
constexpr std::string_view kInitializer = "initializer";

// Tensors of one element type and one rank.
bool differ_in_extents_only(const Type& a, const Type& b) {
  return a.is_tensor() && b.is_tensor() && a.dtype == b.dtype && a.dims.has_value() &&
         b.dims.has_value() && a.dims->size() == b.dims->size();
}

// What is known of a graph's values beyond their types.
struct Facts {
  std::vector<std::optional<Tensor>> constants;  // direct
  std::vector<std::optional<Dims>> elements;
};

class Inference {
 public:
  explicit Inference(Problems& problems) : problems_(problems) {}

  // The graph's inputs and captures have their types; `facts` is sized to its values and holds what
  // is known of captures.
  void run(Graph& graph, Facts& facts) {
    for (const auto& [id, tensor] : graph.initializers) {
      // An initializer that is also an input is only a default: its value may be overridden.
      const bool is_input =
          std::find(graph.inputs.begin(), graph.inputs.end(), id) != graph.inputs.end();
      settle(graph, id, Type::tensor(tensor.dtype(), to_dims(tensor.shape())), kInitializer);
      if (!is_input && tensor.size() <= kMaxFoldedElements) {
        Result<Tensor> direct = tensor.direct();
        if (direct.ok()) facts.constants[index(id)] = *std::move(direct);
      }
    }
    for (const auto& [id, tensor] : graph.sparse_initializers) {
      settle(graph, id, Type::tensor(tensor.values.dtype(), to_dims(tensor.shape)), kInitializer);
    }
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) infer_node(graph, i, facts);
  }

 private:
  void report(Error error, std::string where) {
    if (problems_.size() >= kMaxProblems) return;
    problems_.push_back({error.code, std::move(where), std::move(error.message), {}});
  }

  // Merges what inference found with what the model states; inference wins a contradiction.
  // Exporters are known to state wrong extents: where only those differ, and they are not an
  // initializer's own, the model can be run.
  void settle(Graph& graph, ValueId id, const Type& found, std::string_view by) {
    ValueDef& value = graph.value(id);
    Result<Type> merged = merge(value.type, found);
    if (merged.ok()) {
      value.type = *std::move(merged);
      return;
    }
    const std::size_t before = problems_.size();
    report({Code::kInvalid,
            str("the model states ", to_text(value.type), ", its ", by, " gives ", to_text(found))},
           str("value ", value.name));
    if (problems_.size() > before && by != kInitializer) {
      problems_.back().is_warning = differ_in_extents_only(value.type, found);
    }
    value.type = found;
  }

  void infer_node(Graph& graph, std::size_t i, Facts& facts) {
    Node& node = graph.nodes[i];
    const Op* op = find_op(node.domain, node.op);
    if (op == nullptr || op->at(node.version) == nullptr) return;  // check_model names it
    if (op->infer == nullptr) return;

    std::vector<Type> types;
    std::vector<const Tensor*> constants;
    std::vector<std::optional<Dims>> elements;
    for (const ValueId input : node.inputs) {
      const bool given = input != kNoValue;
      types.push_back(given ? graph.value(input).type : Type{});
      const bool is_constant = given && facts.constants[index(input)].has_value();
      constants.push_back(is_constant ? &*facts.constants[index(input)] : nullptr);
      elements.push_back(given ? facts.elements[index(input)] : std::nullopt);
    }
    const auto subgraph_rule = [&](const Graph& body, const std::vector<Type>& inputs) {
      return infer_body(graph, facts, const_cast<Graph&>(body), inputs);
    };
    InferContext ctx(node, describe(graph, i), std::move(types), std::move(constants),
                     std::move(elements), subgraph_rule);
    const Status status = op->infer(ctx);
    if (!status.ok()) {
      report(ctx.without_label(status.error()), ctx.label());
      return;
    }
    for (std::size_t k = 0; k < node.outputs.size(); ++k) {
      if (node.outputs[k] == kNoValue) continue;
      settle(graph, node.outputs[k], ctx.outputs()[k], ctx.label());
      facts.elements[index(node.outputs[k])] = ctx.output_elements()[k];
    }
    fold(graph, node, *op, facts);
    for (const ValueId output : node.outputs) {
      if (output != kNoValue) keep_known_elements(graph.value(output).type, index(output), facts);
    }
  }

  // int64 elements that are all known are a constant, though the inputs they came from are none.
  static void keep_known_elements(const Type& type, std::size_t value, Facts& facts) {
    if (facts.constants[value].has_value() || !facts.elements[value].has_value()) return;
    if (!type.is_tensor() || type.dtype != DType::kInt64 || !type.dims.has_value()) return;
    const std::optional<Shape> shape = known_shape(*type.dims);
    const std::optional<Shape> elements = known_shape(*facts.elements[value]);
    if (!shape.has_value() || !elements.has_value() || elements->size() > kMaxFoldedElements)
      return;
    const Result<std::size_t> count = element_count(*shape);
    if (count.ok() && *count == elements->size()) {
      facts.constants[value] = Tensor::of(*shape, *elements);
    }
  }

  // Evaluates a node whose inputs are all constant and whose outputs are small.
  void fold(const Graph& graph, const Node& node, const Op& op, Facts& facts) {
    if (op.is_random || op.evaluate == nullptr) return;
    bool has_body = false;
    for_each_subgraph(node, [&](const Graph&) { has_body = true; });
    if (has_body) return;
    for (const ValueId output : node.outputs) {
      if (output == kNoValue) continue;
      const Type& type = graph.value(output).type;
      if (!type.is_tensor() || !type.dims.has_value()) return;
      const std::optional<std::int64_t> count = known_count(*type.dims);
      if (!count.has_value() || *count > static_cast<std::int64_t>(kMaxFoldedElements)) return;
    }
    std::vector<Value> inputs;
    for (const ValueId input : node.inputs) {
      if (input == kNoValue) {
        inputs.emplace_back();
        continue;
      }
      if (!facts.constants[index(input)].has_value()) return;
      inputs.emplace_back(*facts.constants[index(input)]);
    }
    Result<std::vector<Value>> outputs = evaluate_node(node, std::move(inputs));
    if (!outputs.ok()) return;  // running the model reports it, with the node
    for (std::size_t k = 0; k < node.outputs.size(); ++k) {
      if (node.outputs[k] == kNoValue || !(*outputs)[k].is_tensor()) continue;
      const Tensor& tensor = (*outputs)[k].tensor();
      if (tensor.size() <= kMaxFoldedElements) facts.constants[index(node.outputs[k])] = tensor;
    }
  }

  Result<std::vector<Type>> infer_body(const Graph& outer, const Facts& outer_facts, Graph& body,
                                       const std::vector<Type>& inputs) {
    if (inputs.size() != body.inputs.size()) {
      return Error{Code::kInvalid, str("its subgraph ", body.name, " takes ", body.inputs.size(),
                                       " inputs, it is given ", inputs.size())};
    }
    // A body may be inferred several times (Loop): always from the types the model states.
    const auto [stated, is_new] = stated_types_.try_emplace(&body);
    if (is_new) {
      for (const ValueDef& value : body.values) stated->second.push_back(value.type);
    } else {
      for (std::size_t i = 0; i < body.values.size(); ++i) body.values[i].type = stated->second[i];
    }
    Facts facts{std::vector<std::optional<Tensor>>(body.values.size()),
                std::vector<std::optional<Dims>>(body.values.size())};
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      settle(body, body.inputs[i], inputs[i], "surrounding node");
    }
    for (const Capture& capture : body.captures) {
      settle(body, capture.inner, outer.value(capture.outer).type, "outer value");
      facts.constants[index(capture.inner)] = outer_facts.constants[index(capture.outer)];
      facts.elements[index(capture.inner)] = outer_facts.elements[index(capture.outer)];
    }
    run(body, facts);
    std::vector<Type> outputs;
    for (const ValueId output : body.outputs) outputs.push_back(body.value(output).type);
    return outputs;
  }

  Problems& problems_;
  std::map<const Graph*, std::vector<Type>> stated_types_;
};

void substitute(Type& type, const std::map<std::string, std::int64_t>& extents) {
  if (type.dims.has_value()) {
    for (Dim& dim : *type.dims) {
      const auto found = dim.is_symbol() ? extents.find(dim.symbol()) : extents.end();
      if (found != extents.end()) dim = Dim(found->second);
    }
  }
  for (Type& element : type.element) substitute(element, extents);
}

void bind_graph(Graph& graph, const std::map<std::string, std::int64_t>& extents) {
  for (ValueDef& value : graph.values) substitute(value.type, extents);
  for (Node& node : graph.nodes) {
    for_each_subgraph(node, [&](Graph& body) { bind_graph(body, extents); });
  }
}

}  // namespace

void infer_types(Model& model, Problems& problems) {
  Facts facts{std::vector<std::optional<Tensor>>(model.graph.values.size()),
              std::vector<std::optional<Dims>>(model.graph.values.size())};
  Inference(problems).run(model.graph, facts);
}

void bind_dims(Model& model, const std::map<std::string, std::int64_t>& extents) {
  bind_graph(model.graph, extents);
}

}  // namespace slipway
