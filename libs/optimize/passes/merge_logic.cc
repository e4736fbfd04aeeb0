#include "optimize/list.h"
#include "optimize/rewriter.h"

namespace slipway::optimize {

// A Where of a Not takes its branches the other way round; a Not of a Not goes.
Result<std::string> merge_logic(Model& model) {
  const std::size_t merged = rewrite_graphs(model.graph, [](Rewriter& rewriter) {
    for (std::size_t i = 0; i < rewriter.size(); ++i) {
      const Node& node = rewriter.node(i);
      if (!is(node, "Where") && !is(node, "Not")) continue;
      const Node* const inner = rewriter.maker(node.inputs[0], "Not", true);
      if (inner == nullptr) continue;
      const ValueId condition = inner->inputs[0];
      if (is(node, "Not")) {
        rewriter.pass_on(i, condition);
      } else {
        rewriter.replace(i, "Where", {condition, node.inputs[2], node.inputs[1]});
      }
    }
  });
  return note(merged, "merged", "Not", "into what uses it");
}

}  // namespace slipway::optimize
