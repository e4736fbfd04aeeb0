// ScatterElements and ScatterND without a reduction.
#include <algorithm>

#include "compile/lower/lower.h"
#include "kernels/move/copy.h"
#include "ops/node_view.h"
#include "plan/params.h"
#include "tensor/dtype.h"

namespace slipway::compile {
namespace {

// Whether the operands are of the types and sizes that the kernels take: what is wrong with others
// the reference says.
bool can_scatter(const Lowering& lowering, const Node& n) {
  const DType dtype = lowering.dtype(n.inputs[0]);
  return NodeView(n, "").get_string("reduction", "none") == "none" && dtype != DType::kString &&
         lowering.dtype(n.inputs[2]) == dtype && std::ranges::none_of(n.inputs, [&](ValueId id) {
           return std::ranges::count(lowering.shape(id), 0) != 0;
         });
}

Result<std::vector<TensorIndex>> read_all(Lowering& lowering, const Node& n) {
  std::vector<TensorIndex> inputs;
  for (const ValueId id : n.inputs) inputs.push_back(TRY(lowering.read(id)));
  return inputs;
}

}  // namespace

Result<Lowered> lower_scatter_elements(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, describe(lowering.graph, node));
  const Shape& shape = lowering.shape(n.inputs[0]);
  const Shape& indices = lowering.shape(n.inputs[1]);
  const std::size_t axis = TRY(normalize_axis(view, view.get_int("axis", 0), shape.size()));
  if (!can_scatter(lowering, n) || shape.size() > kMoveDims || indices.size() != shape.size() ||
      lowering.shape(n.inputs[2]) != indices) {
    return Lowered::kDeclined;
  }
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (d != axis && indices[d] > shape[d]) return Lowered::kDeclined;
  }
  const std::vector<TensorIndex> inputs = TRY(read_all(lowering, n));
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kScatterElements, inputs, {to})
      .set_params(plan::ScatterElementsParams{static_cast<std::uint32_t>(axis)});
  return Lowered::kYes;
}

Result<Lowered> lower_scatter_nd(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& shape = lowering.shape(n.inputs[0]);
  const Shape& indices = lowering.shape(n.inputs[1]);
  if (!can_scatter(lowering, n) || indices.empty()) return Lowered::kDeclined;
  const auto depth = static_cast<std::size_t>(indices.back());
  if (depth > shape.size() || depth > kMoveDims) return Lowered::kDeclined;
  Shape wanted(indices.begin(), indices.end() - 1);
  wanted.insert(wanted.end(), shape.begin() + indices.back(), shape.end());
  if (lowering.shape(n.inputs[2]) != wanted) return Lowered::kDeclined;
  const std::vector<TensorIndex> inputs = TRY(read_all(lowering, n));
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kScatterBlocks, inputs, {to});
  return Lowered::kYes;
}

}  // namespace slipway::compile
