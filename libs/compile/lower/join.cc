// Concat and GatherElements.
#include <algorithm>

#include "compile/lower/lower.h"
#include "compile/lower/picked.h"
#include "compile/lower/quantized.h"
#include "kernels/move/copy.h"
#include "ops/node_view.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

// Whether the channels of all parts fill whole blocks, and a convolution left one of them so: the
// blocks are put side by side then.
bool joins_blocks(const Lowering& lowering, const Node& node, std::size_t axis) {
  const Shape& output = lowering.shape(node.outputs[0]);
  if (axis != 1 || output.size() < 3 || output.size() > 5 ||
      !(lowering.is_float(node.outputs[0]) || is_bytes(lowering.dtype(node.outputs[0])))) {
    return false;
  }
  return std::ranges::all_of(node.inputs,
                             [&](ValueId id) {
                               return id != kNoValue && lowering.shape(id)[1] != 0 &&
                                      lowering.shape(id)[1] % 16 == 0;
                             }) &&
         std::ranges::any_of(node.inputs, [&](ValueId id) {
           return lowering.layout(id) == plan::Layout::kBlocked16;
         });
}

// [N, C / 16, spatial..., 16].
TensorIndex stored_blocks(Lowering& lowering, TensorIndex blocked) {
  Shape shape = lowering.program.tensor(blocked).shape;
  shape[1] /= 16;
  shape.push_back(16);
  return lowering.stored(blocked, shape);
}

}  // namespace

Result<Lowered> lower_concat(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& output = lowering.shape(n.outputs[0]);
  const NodeView view(n, "");
  const std::size_t axis = TRY(normalize_axis(view, view.get_int("axis", 1), output.size()));
  if (n.inputs.size() == 1) return lower_reshape(lowering, node);
  if (output.size() == 2 && axis == 1 && TRY(add_column_products(lowering, node)))
    return Lowered::kYes;
  const bool is_blocked = joins_blocks(lowering, n, axis);
  const plan::Layout layout = is_blocked ? plan::Layout::kBlocked16 : plan::Layout::kPlain;
  std::vector<TensorIndex> parts;
  for (const ValueId id : n.inputs) {
    if (id == kNoValue) return Lowered::kDeclined;
    const TensorIndex part = TRY(lowering.read(id, layout));
    parts.push_back(is_blocked ? stored_blocks(lowering, part) : part);
  }
  TensorIndex to = lowering.write(n.outputs[0], layout);
  if (is_blocked) to = stored_blocks(lowering, to);
  lowering.add_step(node, plan::KernelId::kConcat, parts, {to})
      .set_params(plan::ConcatParams{static_cast<std::uint32_t>(axis)});
  return Lowered::kYes;
}

Result<Lowered> lower_gather_elements(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& shape = lowering.shape(n.inputs[0]);
  const Shape& output = lowering.shape(n.outputs[0]);
  const NodeView view(n, "");
  const std::size_t axis = TRY(normalize_axis(view, view.get_int("axis", 0), shape.size()));
  if (shape.size() > kMoveDims || shape.size() != output.size()) return Lowered::kDeclined;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (shape[d] == 0 || (d != axis && output[d] > shape[d])) return Lowered::kDeclined;
  }
  const TensorIndex from = TRY(lowering.read(n.inputs[0]));
  const TensorIndex indices = TRY(lowering.read(n.inputs[1]));
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kGatherElements, {from, indices}, {to})
      .set_params(plan::GatherParams{static_cast<std::uint32_t>(axis)});
  return Lowered::kYes;
}

}  // namespace slipway::compile
