// CumSum over a constant axis.
#include "compile/lower/lower.h"
#include "compile/lower/numbers.h"
#include "ops/node_view.h"
#include "plan/params.h"

namespace slipway::compile {

Result<Lowered> lower_cumsum(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, describe(lowering.graph, node));
  const DType dtype = lowering.dtype(n.inputs[0]);
  if (dtype != DType::kFloat32 && dtype != DType::kInt32 && dtype != DType::kInt64)
    return Lowered::kDeclined;
  const auto axes = has_input(n, 1) ? ints_of(lowering, n.inputs[1]) : std::nullopt;
  if (!axes || axes->size() != 1) return Lowered::kDeclined;
  const std::size_t axis =
      TRY(normalize_axis(view, axes->front(), lowering.shape(n.inputs[0]).size()));
  std::uint32_t flags = 0;
  if (view.get_flag("exclusive", false)) flags |= plan::kIsExclusive;
  if (view.get_flag("reverse", false)) flags |= plan::kIsReversed;
  const TensorIndex from = TRY(lowering.read(n.inputs[0]));
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kCumSum, {from}, {to})
      .set_params(plan::CumSumParams{static_cast<std::uint32_t>(axis), flags});
  return Lowered::kYes;
}

}  // namespace slipway::compile
