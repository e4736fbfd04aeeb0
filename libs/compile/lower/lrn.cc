// LRN.
#include "compile/lower/lower.h"
#include "ops/node_view.h"
#include "plan/params.h"

namespace slipway::compile {

Result<Lowered> lower_lrn(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  const std::int64_t size = view.get_int("size", 1);
  if (!lowering.is_float(n.inputs[0]) || lowering.shape(n.inputs[0]).size() < 2 || size < 1 ||
      size > (std::int64_t{1} << 31)) {
    return Lowered::kDeclined;
  }
  const TensorIndex from = TRY(lowering.read(n.inputs[0]));
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kLrn, {from}, {to})
      .set_params(plan::LrnParams{static_cast<std::uint32_t>(size), view.get_float("alpha", 1e-4F),
                                  view.get_float("beta", 0.75F), view.get_float("bias", 1.0F)});
  return Lowered::kYes;
}

}  // namespace slipway::compile
