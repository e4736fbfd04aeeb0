// TopK of a constant number of elements.
#include "kernels/rows/topk.h"

#include "compile/lower/lower.h"
#include "compile/lower/numbers.h"
#include "ops/node_view.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

// How many are taken; none where that is not a constant.
std::optional<std::int64_t> count_of(const Lowering& lowering, const Node& node) {
  if (node.version < 10) return NodeView(node, "").get_int("k", 0);
  if (!has_input(node, 1)) return std::nullopt;
  const auto ints = ints_of(lowering, node.inputs[1]);
  if (!ints || ints->size() != 1) return std::nullopt;
  return ints->front();
}

}  // namespace

Result<Lowered> lower_topk(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, describe(lowering.graph, node));
  const Shape& shape = lowering.shape(n.inputs[0]);
  const DType dtype = lowering.dtype(n.inputs[0]);
  const std::size_t axis = TRY(normalize_axis(view, view.get_int("axis", -1), shape.size()));
  const auto count = count_of(lowering, n);
  if ((dtype != DType::kFloat32 && dtype != DType::kInt32 && dtype != DType::kInt64) || !count ||
      *count < 0 || *count > shape[axis] ||
      shape[axis] > static_cast<std::int64_t>(kMaxTopLength)) {
    return Lowered::kDeclined;
  }
  std::vector<TensorIndex> outputs(2, kLeftOut);
  bool is_used = false;
  for (std::size_t i = 0; i < n.outputs.size() && i < outputs.size(); ++i) {
    if (n.outputs[i] == kNoValue || lowering.uses(n.outputs[i]) == 0) continue;
    if (lowering.shape(n.outputs[i])[axis] != *count) return Lowered::kDeclined;
    is_used = true;
  }
  if (!is_used) return Lowered::kDeclined;
  const TensorIndex from = TRY(lowering.read(n.inputs[0]));
  for (std::size_t i = 0; i < n.outputs.size() && i < outputs.size(); ++i) {
    if (n.outputs[i] != kNoValue && lowering.uses(n.outputs[i]) != 0)
      outputs[i] = lowering.write(n.outputs[i]);
  }
  lowering.add_step(node, plan::KernelId::kTopK, {from}, outputs)
      .set_params(plan::TopKParams{static_cast<std::uint32_t>(axis),
                                   view.get_flag("largest", true) ? 1U : 0U});
  return Lowered::kYes;
}

}  // namespace slipway::compile
