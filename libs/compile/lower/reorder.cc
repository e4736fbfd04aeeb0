// GatherND, ReverseSequence and Trilu.
#include <algorithm>

#include "compile/lower/lower.h"
#include "compile/lower/numbers.h"
#include "kernels/move/copy.h"
#include "ops/node_view.h"
#include "ops/op.h"
#include "plan/params.h"
#include "tensor/dtype.h"

namespace slipway::compile {
namespace {

// Whether there is something to move, and none of it text. What is wrong with other operands the
// reference says.
bool can_move(const Lowering& lowering, const Node& n) {
  return lowering.dtype(n.inputs[0]) != DType::kString &&
         std::ranges::count(lowering.shape(n.inputs[0]), 0) == 0 &&
         std::ranges::count(lowering.shape(n.outputs[0]), 0) == 0;
}

}  // namespace

Result<Lowered> lower_gather_nd(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& shape = lowering.shape(n.inputs[0]);
  const Shape& indices = lowering.shape(n.inputs[1]);
  const std::int64_t batch = NodeView(n, "").get_int("batch_dims", 0);
  if (!can_move(lowering, n) || batch < 0 || batch >= std::ssize(indices))
    return Lowered::kDeclined;
  if (indices.back() < 1 || indices.back() > static_cast<std::int64_t>(kMoveDims) ||
      batch + indices.back() > std::ssize(shape) ||
      !std::equal(indices.begin(), indices.begin() + batch, shape.begin())) {
    return Lowered::kDeclined;
  }
  const TensorIndex from = TRY(lowering.read(n.inputs[0]));
  const TensorIndex places = TRY(lowering.read(n.inputs[1]));
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kGatherBlocks, {from, places}, {to})
      .set_params(plan::GatherBlocksParams{static_cast<std::uint32_t>(batch)});
  return Lowered::kYes;
}

Result<Lowered> lower_reverse_sequence(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  const Shape& shape = lowering.shape(n.inputs[0]);
  const std::int64_t batch_axis = view.get_int("batch_axis", 1);
  const std::int64_t time_axis = view.get_int("time_axis", 0);
  if (!can_move(lowering, n) || shape.size() < 2 || batch_axis + time_axis != 1 ||
      batch_axis * time_axis != 0) {
    return Lowered::kDeclined;
  }
  if (lowering.shape(n.inputs[1]) != Shape{shape[static_cast<std::size_t>(batch_axis)]})
    return Lowered::kDeclined;
  const TensorIndex from = TRY(lowering.read(n.inputs[0]));
  const TensorIndex lengths = TRY(lowering.read(n.inputs[1]));
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kReverseSequences, {from, lengths}, {to})
      .set_params(plan::ReverseSequencesParams{time_axis == 0 ? 1U : 0U});
  return Lowered::kYes;
}

Result<Lowered> lower_trilu(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  if (!can_move(lowering, n) || lowering.shape(n.inputs[0]).size() < 2) return Lowered::kDeclined;
  std::vector<TensorIndex> inputs = {TRY(lowering.read(n.inputs[0]))};
  if (has_input(n, 1)) {
    const Shape& k = lowering.shape(n.inputs[1]);
    if (std::ranges::any_of(k, [](std::int64_t extent) { return extent != 1; }))
      return Lowered::kDeclined;
    inputs.push_back(TRY(lowering.read(n.inputs[1])));
  }
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kTriangle, inputs, {to})
      .set_params(plan::TriangleParams{NodeView(n, "").get_int("upper", 1) != 0 ? 1U : 0U});
  return Lowered::kYes;
}

}  // namespace slipway::compile
