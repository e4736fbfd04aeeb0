// Concat and GatherElements.
#include "compile/lower/lower.h"
#include "kernels/move/copy.h"
#include "ops/node_view.h"
#include "plan/params.h"

namespace slipway::compile {

Result<Lowered> lower_concat(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& output = lowering.shape(n.outputs[0]);
  const NodeView view(n, "");
  const std::size_t axis = TRY(normalize_axis(view, view.get_int("axis", 1), output.size()));
  if (n.inputs.size() == 1) return lower_reshape(lowering, node);
  std::vector<TensorIndex> parts;
  for (const ValueId id : n.inputs) {
    if (id == kNoValue) return Lowered::kDeclined;
    parts.push_back(TRY(lowering.read(id)));
  }
  const TensorIndex to = lowering.write(n.outputs[0]);
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
