#include <algorithm>

#include "graph/problem.h"
#include "ops/infer.h"
#include "ops/interpreter.h"
#include "ops/node_view.h"
#include "ops/op.h"
#include "passes/list.h"
#include "passes/rewrite.h"

namespace slipway {
namespace {

// A constant may become this much larger than what it is made of before it is better computed.
constexpr std::size_t kMaxGrowthBytes = std::size_t{16} << 20;

struct Limits {
  bool keeps_quantized = true;
  std::size_t growth_bytes = kMaxGrowthBytes;  // of one constant
  bool counts_shared = true;  // constants that others use as well count as replaced
};

std::size_t bytes_of(const Tensor& tensor) {
  return tensor.size() * std::max<std::size_t>(element_bytes(tensor.dtype()), 1);
}

bool has_subgraph(const Node& node) {
  bool found = false;
  for_each_subgraph(node, [&](const Graph&) { found = true; });
  return found;
}

// The node's outputs from its constant inputs, or none where it cannot be evaluated here.
std::vector<Value> evaluate_constant(const Graph& graph, const Node& node, const Limits& limits,
                                     const std::vector<std::size_t>& uses) {
  const Op* op = find_op(node.domain, node.op);
  if (op == nullptr || op->evaluate == nullptr || op->is_random || has_subgraph(node)) return {};
  std::vector<Value> inputs;
  std::size_t input_bytes = 0;
  for (const ValueId input : node.inputs) {
    if (input == kNoValue) {
      inputs.emplace_back();
      continue;
    }
    const Tensor* const tensor = constant_of(graph, input);
    if (tensor == nullptr) return {};
    Result<Tensor> direct = tensor->direct();
    if (!direct.ok()) return {};
    if (limits.counts_shared || uses[index(input)] <= 1) input_bytes += bytes_of(*direct);
    inputs.emplace_back(*std::move(direct));
  }
  for (const ValueId output : node.outputs) {
    if (output == kNoValue) continue;
    const Type& type = graph.value(output).type;
    if (!type.is_tensor() || !type.dims || !known_count(*type.dims)) return {};
    const auto count = static_cast<std::size_t>(*known_count(*type.dims));
    if (count * std::max<std::size_t>(element_bytes(type.dtype), 1) >
        input_bytes + limits.growth_bytes)
      return {};
  }
  Result<std::vector<Value>> outputs = evaluate_node(node, std::move(inputs));
  if (!outputs.ok()) return {};  // left for the run, which will say what is wrong
  for (const Value& output : *outputs) {
    if (!output.is_tensor() && !output.is_absent()) return {};
  }
  return *std::move(outputs);
}

// Shape and Size of a value whose shape is known.
std::vector<Value> measure_constant(const Graph& graph, const Node& node) {
  if (!node.domain.empty() || (node.op != "Shape" && node.op != "Size")) return {};
  const Type& type = graph.value(node.inputs[0]).type;
  if (!type.is_tensor() || !type.dims || !known_shape(*type.dims)) return {};
  const Shape shape = *known_shape(*type.dims);
  if (node.op == "Size") return {Tensor::scalar(*known_count(*type.dims))};
  const auto rank = static_cast<std::int64_t>(shape.size());
  const NodeView view(node, "");
  const auto within = [&](std::int64_t axis) {
    return std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  const std::int64_t begin = within(view.get_int("start", 0));
  const std::int64_t end = std::max(begin, within(view.get_int("end", rank)));
  return {Tensor::of(std::vector<std::int64_t>(shape.begin() + begin, shape.begin() + end))};
}

// Weights stay integers where an operator can take them as such.
bool is_dequantized_weight(const Graph& graph, const Node& node) {
  return node.op == "DequantizeLinear" && node.domain.empty() &&
         constant_of(graph, node.inputs[0]) != nullptr;
}

// One walk over the nodes; how many were folded.
std::size_t fold_once(Graph& graph, const Limits& limits) {
  const std::vector<std::size_t> uses = count_uses(graph);
  std::vector<bool> is_folded(graph.nodes.size(), false);
  std::size_t folded = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (limits.keeps_quantized && is_dequantized_weight(graph, node)) continue;
    std::vector<Value> outputs = measure_constant(graph, node);
    if (outputs.empty()) outputs = evaluate_constant(graph, node, limits, uses);
    if (outputs.empty()) continue;
    for (std::size_t k = 0; k < node.outputs.size(); ++k) {
      if (node.outputs[k] != kNoValue && outputs[k].is_tensor())
        graph.initializers[node.outputs[k]] = std::move(outputs[k].tensor());
    }
    is_folded[i] = true;
    ++folded;
  }
  remove_nodes(graph, is_folded);
  return folded;
}

// What constants give may tell the shapes of others, and these shapes are constants in turn.
std::string fold(Model& model, const Limits& limits) {
  std::size_t folded = 0;
  while (const std::size_t more = fold_once(model.graph, limits)) {
    folded += more;
    Problems ignored;  // the run will say what is wrong
    infer_types(model, ignored);
  }
  return folded == 0 ? "" : "computed " + count_text(folded, "constant node") + " now";
}

}  // namespace

// Nodes whose inputs are all constants are computed now, but for what dequantises weights.
Result<std::string> fold_constants(Model& model) { return fold(model, {}); }

// The rest of them, after the passes that look for quantised weights.
Result<std::string> fold_weights(Model& model) { return fold(model, {.keeps_quantized = false}); }

// Those of fold_constants that leave a file no larger than it was, give or take a little for each.
Result<std::string> fold_small_constants(Model& model) {
  constexpr std::size_t kSmallBytes = 1024;
  return fold(model, {.growth_bytes = kSmallBytes, .counts_shared = false});
}

}  // namespace slipway
