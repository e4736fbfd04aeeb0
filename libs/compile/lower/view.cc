#include "compile/lower/view.h"

#include <algorithm>

#include "kernels/move/copy.h"

namespace slipway::compile {

std::vector<plan::ViewAxis> whole_axes(std::size_t rank) {
  std::vector<plan::ViewAxis> axes;
  for (std::size_t axis = 0; axis < rank; ++axis) axes.push_back(whole_axis(axis));
  return axes;
}

bool can_view(const Shape& output) {
  return output.size() <= plan::kMaxRank && std::ranges::count_if(output, [](std::int64_t extent) {
                                              return extent != 1;
                                            }) <= static_cast<std::ptrdiff_t>(kMoveDims);
}

ProgramStep& add_view(Lowering& lowering, std::size_t node, TensorIndex from, TensorIndex to,
                      const std::vector<plan::ViewAxis>& axes) {
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kView, {from}, {to});
  const auto bytes = std::as_bytes(std::span(axes));
  step.params.assign(bytes.begin(), bytes.end());
  return step;
}

namespace {

constexpr std::int64_t kLanes = 16;

// A view of what a blocked tensor of this shape stores: the channels become blocks and lanes. False
// where the view does not take whole blocks.
bool in_blocks(const Shape& shape, Shape& walk, std::vector<plan::ViewAxis>& axes) {
  if (shape.size() < 2 || shape[1] % kLanes != 0) return false;
  const auto channels = std::ranges::find(axes, 1, &plan::ViewAxis::axis);
  if (channels == axes.end()) return false;
  const auto at = channels - axes.begin();
  if (channels->start % kLanes != 0 || channels->step != 1 || walk[at] % kLanes != 0) return false;
  channels->start /= kLanes;
  walk[at] /= kLanes;
  axes.insert(channels + 1, whole_axis(shape.size()));
  walk.insert(walk.begin() + at + 1, kLanes);
  return can_view(walk);
}

}  // namespace

Result<ProgramStep*> add_view_of(Lowering& lowering, std::size_t node, ValueId from, ValueId to,
                                 Shape walk, std::vector<plan::ViewAxis> axes) {
  Shape blocks = walk;
  std::vector<plan::ViewAxis> block_axes = axes;
  const bool reads_blocks = lowering.layout(from) == plan::Layout::kBlocked16 &&
                            lowering.dtype(from) != DType::kInt8 &&  // stored with 128 added
                            in_blocks(lowering.shape(from), blocks, block_axes);
  TensorIndex source =
      TRY(lowering.read(from, reads_blocks ? plan::Layout::kBlocked16 : plan::Layout::kPlain));
  if (reads_blocks) {
    source = lowering.stored(source);
    walk = std::move(blocks);
    axes = std::move(block_axes);
  }
  const TensorIndex target = lowering.view(lowering.write(to), std::move(walk));
  return &add_view(lowering, node, source, target, axes);
}

}  // namespace slipway::compile
