#include <algorithm>
#include <bit>
#include <limits>

#include "ops/node_view.h"
#include "optimize/list.h"
#include "optimize/rewriter.h"
#include "passes/list.h"
#include "passes/rewrite.h"

namespace slipway::optimize {
namespace {

bool same_type(const Graph& graph, ValueId a, ValueId b) {
  const Type& x = graph.value(a).type;
  const Type& y = graph.value(b).type;
  return x.is_tensor() && y.is_tensor() && x.dtype == y.dtype && x.dtype != DType::kUndefined &&
         x.dims && y.dims && *x.dims == *y.dims;
}

bool is_all(const Ints& numbers, std::int64_t wanted) {
  return std::ranges::all_of(numbers, [&](std::int64_t n) { return n == wanted; });
}

bool turns_nothing(const Graph& graph, const Node& node) {
  const Ints* const perm = NodeView(node, "").get_ints("perm");
  if (perm == nullptr) return rank_of(graph, node.inputs[0]).value_or(2) < 2;
  for (std::size_t i = 0; i < perm->size(); ++i) {
    if ((*perm)[i] != static_cast<std::int64_t>(i)) return false;
  }
  return true;
}

bool pads_nothing(const Graph& graph, const Node& node) {
  const NodeView view(node, "");
  if (node.version < 11) {
    const Ints* const pads = view.get_ints(node.version < 2 ? "paddings" : "pads");
    return pads != nullptr && is_all(*pads, 0);
  }
  const auto pads = node.inputs.size() > 1 ? ints_of(graph, node.inputs[1]) : std::nullopt;
  return pads && is_all(*pads, 0);
}

// Starts at 0, steps of 1, and ends no earlier than any extent.
bool slices_all(const Graph& graph, const Node& node) {
  constexpr std::int64_t kBeyond = std::numeric_limits<std::int32_t>::max();
  if (same_type(graph, node.inputs[0], node.outputs[0]) && node.version >= 10) {
    if (node.inputs.size() < 5 || node.inputs[4] == kNoValue) return true;
    const auto steps = ints_of(graph, node.inputs[4]);
    return steps && is_all(*steps, 1);
  }
  if (node.version < 10) return same_type(graph, node.inputs[0], node.outputs[0]);
  if (node.inputs.size() < 3) return false;
  const auto starts = ints_of(graph, node.inputs[1]);
  const auto ends = ints_of(graph, node.inputs[2]);
  if (!starts || !ends || !is_all(*starts, 0)) return false;
  if (node.inputs.size() > 4 && node.inputs[4] != kNoValue) {
    const auto steps = ints_of(graph, node.inputs[4]);
    if (!steps || !is_all(*steps, 1)) return false;
  }
  return std::ranges::all_of(*ends, [&](std::int64_t end) { return end >= kBeyond; });
}

// x * 1, x / 1, x - 0, x ^ 1, of floats: to the bit, and of the shape of x.
bool computes_nothing(const Graph& graph, const Node& node) {
  if (node.inputs.size() != 2 || node.version < 7 ||
      !same_type(graph, node.inputs[0], node.outputs[0])) {
    return false;
  }
  const auto by = scalar_of(graph, node.inputs[1]);
  if (!by) return false;
  if (is(node, "Mul") || is(node, "Div") || is(node, "Pow")) return *by == 1.0;
  return is(node, "Sub") && std::bit_cast<std::uint64_t>(*by) == 0;
}

bool changes_nothing(const Graph& graph, const Node& node) {
  if (!node.domain.empty() || node.inputs.empty() || node.inputs[0] == kNoValue ||
      node.outputs[0] == kNoValue || node.op == "Identity") {
    return false;
  }
  if (node.op == "Transpose") return turns_nothing(graph, node);
  if (node.op == "Pad") return pads_nothing(graph, node);
  if (node.op == "Slice") return slices_all(graph, node);
  if (node.op == "Cast") {
    const Type& from = graph.value(node.inputs[0]).type;
    const Type& to = graph.value(node.outputs[0]).type;
    return from.is_tensor() && to.is_tensor() && from.dtype == to.dtype &&
           from.dtype != DType::kUndefined;
  }
  if (node.op == "Reshape" || node.op == "Flatten" || node.op == "Expand" || node.op == "Squeeze" ||
      node.op == "Unsqueeze" || node.op == "Tile") {
    return same_type(graph, node.inputs[0], node.outputs[0]);
  }
  const bool is_of_one = node.inputs.size() == 1;
  if (is_of_one && (node.op == "Concat" || node.op == "Sum" || node.op == "Mean" ||
                    node.op == "Max" || node.op == "Min")) {
    return true;
  }
  return computes_nothing(graph, node);
}

std::size_t remove_all_identities(Graph& graph) {
  std::size_t removed = remove_identities(graph);
  for (Node& node : graph.nodes) {
    for_each_subgraph(node, [&](Graph& body) { removed += remove_all_identities(body); });
  }
  return removed;
}

}  // namespace

// Nodes whose output is their input whatever it holds.
Result<std::string> remove_no_ops(Model& model) {
  const std::size_t changed = rewrite_graphs(model.graph, [](Rewriter& rewriter) {
    for (std::size_t i = 0; i < rewriter.size(); ++i) {
      const Node& node = rewriter.node(i);
      if (changes_nothing(rewriter.graph(), node)) rewriter.pass_on(i, node.inputs[0]);
    }
  });
  // What could not go stays an Identity: one that gives a name of the graph's outputs to its input.
  const std::size_t removed = remove_all_identities(model.graph);
  return note(std::max(changed, removed), "removed", "node", "that changed nothing");
}

}  // namespace slipway::optimize
