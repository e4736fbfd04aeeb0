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

}  // namespace slipway::compile
