// Slice, Split, Expand, Tile and Gather: strided copies of parts and repetitions.
#include <algorithm>

#include "base/str.h"
#include "compile/lower/lower.h"
#include "compile/lower/numbers.h"
#include "compile/lower/view.h"
#include "ops/movement/slice_plan.h"
#include "ops/node_view.h"

namespace slipway::compile {
namespace {

using Ints = std::vector<std::int64_t>;

// Starts, ends, axes and steps of a Slice, wherever its version keeps them; fewer where one is not
// a constant.
std::vector<Ints> ranges_of(const Lowering& lowering, const Node& node) {
  std::vector<Ints> ranges;
  const NodeView view(node, "");
  constexpr std::string_view kAttributes[] = {"starts", "ends", "axes", "steps"};
  for (std::size_t i = 0; i < 4; ++i) {
    const bool is_input = node.version >= 10;
    const Ints* const stated = is_input || i == 3 ? nullptr : view.get_ints(kAttributes[i]);
    if (is_input && has_input(node, i + 1)) {
      const auto ints = ints_of(lowering, node.inputs[i + 1]);
      if (!ints) return ranges;
      ranges.push_back(*ints);
    } else if (stated != nullptr) {
      ranges.push_back(*stated);
    } else {
      const std::size_t count = ranges.empty() ? 0 : ranges[0].size();
      ranges.emplace_back(count, 1);
      for (std::size_t axis = 0; i == 2 && axis < count; ++axis)
        ranges[2][axis] = static_cast<std::int64_t>(axis);
    }
  }
  return ranges;
}

// One element of an axis at a constant place, the axis gone.
std::optional<std::int64_t> constant_index(const Lowering& lowering, const Node& node,
                                           std::int64_t extent) {
  if (lowering.constant(node.inputs[1]) == nullptr || !lowering.shape(node.inputs[1]).empty())
    return std::nullopt;
  const auto index = ints_of(lowering, node.inputs[1]);
  if (!index || index->size() != 1) return std::nullopt;
  const std::int64_t at = (*index)[0] < 0 ? (*index)[0] + extent : (*index)[0];
  if (at < 0 || at >= extent) return std::nullopt;
  return at;
}

}  // namespace

Result<Lowered> lower_slice(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& shape = lowering.shape(n.inputs[0]);
  const Shape& output = lowering.shape(n.outputs[0]);
  const std::vector<Ints> ranges = ranges_of(lowering, n);
  if (ranges.size() != 4 || !can_view(output)) return Lowered::kDeclined;
  if (output == shape && std::ranges::all_of(ranges[3], [](std::int64_t s) { return s > 0; }))
    return lower_reshape(lowering, node);
  const NodeView view(n, "");
  const std::vector<std::size_t> at = TRY(normalize_axes(view, ranges[2], shape.size()));
  std::vector<plan::ViewAxis> axes = whole_axes(shape.size());
  for (std::size_t i = 0; i < at.size(); ++i) {
    const Cut cut = clamp_cut(shape[at[i]], ranges[0][i], ranges[1][i], ranges[3][i]);
    axes[at[i]].start = cut.start;
    axes[at[i]].step = cut.step;
  }
  TRY(see(lowering, n.outputs[0], {node, n.inputs[0], shape, output, axes, ""}));
  return Lowered::kYes;
}

Result<Lowered> lower_split(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& shape = lowering.shape(n.inputs[0]);
  const NodeView view(n, "");
  const std::size_t axis = TRY(normalize_axis(view, view.get_int("axis", 0), shape.size()));
  for (const ValueId id : n.outputs) {
    if (id == kNoValue || !can_view(lowering.shape(id))) return Lowered::kDeclined;
  }
  if (n.outputs.size() == 1) return lower_reshape(lowering, node);
  std::vector<plan::ViewAxis> axes = whole_axes(shape.size());
  for (std::size_t i = 0; i < n.outputs.size(); ++i) {
    const ValueId id = n.outputs[i];
    TRY(see(lowering, id,
            {node, n.inputs[0], shape, lowering.shape(id), axes,
             str("part ", i + 1, " of ", n.outputs.size())}));
    axes[axis].start += lowering.shape(id)[axis];
  }
  return Lowered::kYes;
}

Result<Lowered> lower_expand(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& shape = lowering.shape(n.inputs[0]);
  const Shape& output = lowering.shape(n.outputs[0]);
  if (!can_view(output) || output.size() < shape.size()) return Lowered::kDeclined;
  const std::size_t lead = output.size() - shape.size();
  std::vector<plan::ViewAxis> axes(output.size(), kRepeatedAxis);
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == output[lead + axis]) axes[lead + axis] = whole_axis(axis);
  }
  TRY(see(lowering, n.outputs[0], {node, n.inputs[0], shape, output, axes, ""}));
  return Lowered::kYes;
}

// Each axis that repeats is two of the output's: the repeats and the elements.
Result<Lowered> lower_tile(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& shape = lowering.shape(n.inputs[0]);
  const Shape& output = lowering.shape(n.outputs[0]);
  if (n.version < 6 || output.size() != shape.size()) return Lowered::kDeclined;
  Shape walk;
  std::vector<plan::ViewAxis> axes;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 0) return Lowered::kDeclined;
    if (output[axis] != shape[axis]) {
      walk.push_back(output[axis] / shape[axis]);
      axes.push_back(kRepeatedAxis);
    }
    walk.push_back(shape[axis]);
    axes.push_back(whole_axis(axis));
  }
  if (!can_view(walk)) return Lowered::kDeclined;
  TRY(see(lowering, n.outputs[0], {node, n.inputs[0], shape, walk, axes, ""}));
  return Lowered::kYes;
}

Result<Lowered> lower_gather(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& shape = lowering.shape(n.inputs[0]);
  const NodeView view(n, "");
  const std::size_t axis = TRY(normalize_axis(view, view.get_int("axis", 0), shape.size()));
  const auto at = constant_index(lowering, n, shape[axis]);
  if (at && can_view(shape)) {
    std::vector<plan::ViewAxis> axes = whole_axes(shape.size());
    axes[axis].start = *at;
    Shape kept = shape;
    kept[axis] = 1;
    TRY(see(lowering, n.outputs[0],
            {node, n.inputs[0], shape, kept, axes, str("element ", *at, " of axis ", axis)}));
    return Lowered::kYes;
  }
  const TensorIndex from = TRY(lowering.read(n.inputs[0]));
  const TensorIndex indices = TRY(lowering.read(n.inputs[1]));
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kGather, {from, indices}, {to})
      .set_params(plan::GatherParams{static_cast<std::uint32_t>(axis)});
  return Lowered::kYes;
}

}  // namespace slipway::compile
