#include "measure/signature.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "base/str.h"
#include "compile/plan_summary.h"
#include "inspect/open_dims.h"
#include "onnx/reader.h"
#include "ops/infer.h"
#include "plan/plan.h"

namespace slipway::measure {
namespace {

constexpr std::array<std::string_view, 4> kClassOperators = {"Softmax", "LogSoftmax", "ArgMax",
                                                             "TreeEnsembleClassifier"};
constexpr std::array<std::string_view, 6> kClassWords = {"logit", "prob",  "class",
                                                         "label", "score", "softmax"};

bool has_default(const Graph& graph, ValueId id) { return graph.initializer(id) != nullptr; }

}  // namespace

Result<Signature> read_signature(const std::filesystem::path& model) {
  Signature signature;
  signature.is_plan = plan::is_plan_file(model);
  if (signature.is_plan) {
    signature.model.graph = compile::signature(TRY(plan::Plan::open(model)));
    return signature;
  }
  signature.model = TRY(read_model(model));
  name_open_dims(signature.model.graph);
  Problems problems;  // the engine that opens the model tells of them
  infer_types(signature.model, problems);
  return signature;
}

Result<std::vector<samples::Wanted>> wanted_samples(const Signature& signature,
                                                    const engines::Subject& subject) {
  std::vector<samples::Wanted> wanted;
  const Graph& graph = signature.model.graph;
  for (const ValueId id : graph.inputs) {
    if (has_default(graph, id)) continue;
    const ValueDef& input = graph.value(id);
    if (!input.type.is_tensor() || !input.type.dims.has_value()) {
      return Error{Code::kUnsupported, str("input ", input.name, " is ", to_text(input.type),
                                           ": samples are tensors of a known rank")};
    }
    samples::Wanted sample = {input.name, input.type.dtype, {}};
    for (std::size_t axis = 0; axis < input.type.dims->size(); ++axis) {
      const Dim& dim = (*input.type.dims)[axis];
      std::int64_t extent = dim.is_known() ? dim.extent() : -1;
      if (dim.is_symbol() && subject.dims.count(dim.symbol()) > 0) {
        extent = subject.dims.at(dim.symbol());
      } else if (!dim.is_known() && axis == 0) {
        extent = subject.batch;
      }
      sample.shape.push_back(extent);
    }
    wanted.push_back(std::move(sample));
  }
  if (wanted.empty())
    return Error{Code::kUnsupported, "the reference has no inputs, so there are no samples for it"};
  return wanted;
}

Result<engines::Subject> bind_subject(const Signature& signature, engines::Subject subject,
                                      const std::vector<samples::Wanted>& inputs) {
  std::map<std::string, std::int64_t> dims;
  std::set<std::string> leading;
  for (const ValueId id : signature.model.graph.inputs) {
    const ValueDef& input = signature.model.graph.value(id);
    if (has_default(signature.model.graph, id)) continue;
    const auto given = std::ranges::find(inputs, input.name, &samples::Wanted::name);
    if (given == inputs.end()) {
      std::vector<std::string> names;
      for (const samples::Wanted& each : inputs) names.push_back(each.name);
      return Error{Code::kInvalid,
                   str(subject.model.string(), ": has an input ", input.name,
                       ", which the reference has not: its inputs are ", join(names))};
    }
    if (!input.type.dims.has_value()) continue;
    bool fits = input.type.dims->size() == given->shape.size();
    for (std::size_t axis = 0; fits && axis < given->shape.size(); ++axis) {
      const Dim& dim = (*input.type.dims)[axis];
      if (dim.is_known()) fits = dim.extent() == given->shape[axis];
      if (!dim.is_symbol()) continue;
      if (axis == 0) leading.insert(dim.symbol());
      const auto [known, is_new] = dims.emplace(dim.symbol(), given->shape[axis]);
      fits = is_new || known->second == given->shape[axis];
    }
    if (!fits) {
      return Error{Code::kInvalid,
                   str(subject.model.string(), ": its input ", input.name, " is ",
                       to_text(input.type), ", and a sample ", shape_text(given->shape))};
    }
  }
  if (signature.is_plan) {
    const auto batch = dims.find(std::string(compile::kBatchSymbol));
    if (batch != dims.end()) subject.batch = batch->second;
    dims.clear();
  }
  // A batch that nobody named stays so: engines that keep what they built know it by its words.
  std::erase_if(dims, [&](const auto& dim) {
    return leading.contains(dim.first) && dim.second == subject.batch &&
           !subject.dims.contains(dim.first);
  });
  subject.dims = std::move(dims);
  return subject;
}

bool tells_classes(const Signature& signature, const std::string& output) {
  const Graph& graph = signature.model.graph;
  std::string lower = output;
  for (char& letter : lower)
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  const bool is_named = std::ranges::any_of(
      kClassWords, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
  if (is_named) return true;
  for (const Node& node : graph.nodes) {
    for (const ValueId id : node.outputs) {
      if (id != kNoValue && graph.value(id).name == output)
        return std::ranges::find(kClassOperators, node.op) != kClassOperators.end();
    }
  }
  return false;
}

}  // namespace slipway::measure
