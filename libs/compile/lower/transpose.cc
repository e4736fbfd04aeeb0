// Transpose, DepthToSpace and SpaceToDepth: strided copies of the whole input.
#include "compile/lower/lower.h"
#include "compile/lower/view.h"
#include "ops/node_view.h"

namespace slipway::compile {
namespace {

std::vector<std::size_t> permutation_of(const NodeView& view, std::size_t rank) {
  std::vector<std::size_t> axes;
  const std::vector<std::int64_t>* const perm = view.get_ints("perm");
  for (std::size_t i = 0; i < rank; ++i) {
    std::int64_t axis = static_cast<std::int64_t>(rank - 1 - i);
    if (perm != nullptr) axis = (*perm)[i];
    if (axis < 0) axis += static_cast<std::int64_t>(rank);
    axes.push_back(static_cast<std::size_t>(axis));
  }
  return axes;
}

// Only axes of one element move: the elements stay where they are.
bool keeps_order(const Shape& shape, const std::vector<std::size_t>& axes) {
  std::size_t last = 0;
  for (const std::size_t axis : axes) {
    if (shape[axis] == 1) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

// The input as six axes, of which [n, c, h, block row, w, block column] is a permutation.
Result<Lowered> lower_blocks(Lowering& lowering, std::size_t node, const Shape& input,
                             const std::vector<std::size_t>& axes) {
  const Node& n = lowering.graph.nodes[node];
  Shape output;
  for (const std::size_t axis : axes) output.push_back(input[axis]);
  std::vector<plan::ViewAxis> from_axes;
  for (const std::size_t axis : axes) from_axes.push_back(whole_axis(axis));
  TRY(see(lowering, n.outputs[0], {node, n.inputs[0], input, output, from_axes, ""}));
  return Lowered::kYes;
}

}  // namespace

Result<Lowered> lower_transpose(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& shape = lowering.shape(n.inputs[0]);
  const std::vector<std::size_t> axes = permutation_of(NodeView(n, ""), shape.size());
  if (keeps_order(shape, axes)) return lower_reshape(lowering, node);
  if (!can_view(lowering.shape(n.outputs[0]))) return Lowered::kDeclined;
  std::vector<plan::ViewAxis> from_axes;
  for (const std::size_t axis : axes) from_axes.push_back(whole_axis(axis));
  TRY(see(lowering, n.outputs[0],
          {node, n.inputs[0], shape, lowering.shape(n.outputs[0]), from_axes, ""}));
  return Lowered::kYes;
}

Result<Lowered> lower_depth_to_space(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  const Shape& s = lowering.shape(n.inputs[0]);
  const std::int64_t b = view.get_int("blocksize", 1);
  const std::int64_t c = s[1] / (b * b);
  if (view.get_string("mode", "DCR") == "CRD") {
    return lower_blocks(lowering, node, {s[0], c, b, b, s[2], s[3]}, {0, 1, 4, 2, 5, 3});
  }
  return lower_blocks(lowering, node, {s[0], b, b, c, s[2], s[3]}, {0, 3, 4, 1, 5, 2});
}

Result<Lowered> lower_space_to_depth(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  const Shape& s = lowering.shape(n.inputs[0]);
  const std::int64_t b = view.get_int("blocksize", 1);
  const Shape walk = {s[0], s[1], s[2] / b, b, s[3] / b, b};
  if (view.get_string("mode", "DCR") == "CRD") {
    return lower_blocks(lowering, node, walk, {0, 1, 3, 5, 2, 4});
  }
  return lower_blocks(lowering, node, walk, {0, 3, 5, 1, 2, 4});
}

}  // namespace slipway::compile
