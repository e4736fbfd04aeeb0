#include "ops/node_view.h"
#include "optimize/list.h"
#include "optimize/rewriter.h"

namespace slipway::optimize {
namespace {

bool only_reshapes(const Node& node) {
  return is(node, "Reshape") || is(node, "Flatten") || is(node, "Squeeze") || is(node, "Unsqueeze");
}

// The constant that makes a Reshape give this type: one dimension may be open and is -1.
std::optional<Ints> target_of(const Type& type) {
  if (!type.is_tensor() || !type.dims) return std::nullopt;
  Ints target;
  std::size_t open = 0;
  for (const Dim& dim : *type.dims) {
    if (dim.is_known() && dim.extent() == 0) return std::nullopt;
    open += dim.is_known() ? 0 : 1;
    target.push_back(dim.is_known() ? dim.extent() : -1);
  }
  return open < 2 ? std::optional(std::move(target)) : std::nullopt;
}

}  // namespace

// Reshape, Flatten, Squeeze or Unsqueeze after one of them: one Reshape.
Result<std::string> merge_reshapes(Model& model) {
  const std::size_t merged = rewrite_graphs(model.graph, [](Rewriter& rewriter) {
    Graph& graph = rewriter.graph();
    for (std::size_t i = 0; i < rewriter.size(); ++i) {
      Node& second = rewriter.node(i);
      if (second.version < 5 || !only_reshapes(second)) continue;
      const Node* const first = rewriter.maker(second.inputs[0]);
      if (first == nullptr || !only_reshapes(*first) || !rewriter.is_used_once(second.inputs[0]))
        continue;
      const auto target = target_of(graph.value(second.outputs[0]).type);
      if (!target) continue;
      const ValueId from = first->inputs[0];
      rewriter.replace(i, "Reshape", {from, rewriter.constant("shape", Tensor::of(*target))});
    }
  });
  return note(merged, "merged", "Reshape", "with the one before it");
}

// A Reshape whose target is computed, though all of it but one extent is known: a constant target.
Result<std::string> fold_shapes(Model& model) {
  const std::size_t folded = rewrite_graphs(model.graph, [](Rewriter& rewriter) {
    Graph& graph = rewriter.graph();
    for (std::size_t i = 0; i < rewriter.size(); ++i) {
      Node& node = rewriter.node(i);
      if (!is(node, "Reshape") || node.version < 5 || graph.initializer(node.inputs[1]) != nullptr)
        continue;
      if (rewriter.maker(node.inputs[1]) == nullptr) continue;  // what the caller decides
      const auto target = target_of(graph.value(node.outputs[0]).type);
      if (!target) continue;
      node.inputs[1] = rewriter.constant("shape", Tensor::of(*target));
      rewriter.changed();
    }
  });
  return note(folded, "made", "computed shape", folded == 1 ? "a constant" : "constants");
}

}  // namespace slipway::optimize
