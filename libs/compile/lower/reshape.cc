#include "compile/lower/lower.h"

namespace slipway::compile {

// The same elements under another shape: a view.
Result<Lowered> lower_reshape(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  TRY(lowering.alias(n.outputs[0], n.inputs[0]));
  return Lowered::kYes;
}

}  // namespace slipway::compile
