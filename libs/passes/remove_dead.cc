#include "passes/list.h"
#include "passes/rewrite.h"

namespace slipway {

std::size_t remove_dead(Graph& graph) {
  std::vector<std::size_t> uses = count_uses(graph);
  std::vector<bool> is_dead(graph.nodes.size(), false);
  std::size_t removed = 0;
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    bool is_used = false;
    for (const ValueId output : node.outputs)
      is_used = is_used || (output != kNoValue && uses[index(output)] != 0);
    if (is_used) continue;
    is_dead[i] = true;
    ++removed;
    for (const ValueId input : node.inputs) {
      if (input != kNoValue) --uses[index(input)];
    }
    for_each_subgraph(node, [&](const Graph& body) {
      for (const Capture& capture : body.captures) --uses[index(capture.outer)];
    });
  }
  remove_nodes(graph, is_dead);
  std::erase_if(graph.initializers, [&](const auto& entry) {
    return uses[index(entry.first)] == 0 && !is_input(graph, entry.first);
  });
  std::erase_if(graph.sparse_initializers, [&](const auto& entry) {
    return uses[index(entry.first)] == 0 && !is_input(graph, entry.first);
  });
  return removed;
}

// Nodes and initializers whose values nothing uses.
Result<std::string> remove_dead(Model& model) {
  const std::size_t removed = remove_dead(model.graph);
  return removed == 0 ? "" : "removed " + count_text(removed, "node") + " that nothing uses";
}

}  // namespace slipway
