// Strided copies: one step that reads its input by other strides than it writes its output.
#pragma once

#include <string>
#include <vector>

#include "compile/lower/strided.h"
#include "compile/lowering.h"
#include "plan/params.h"

namespace slipway::compile {

inline constexpr plan::ViewAxis whole_axis(std::size_t axis) {
  return {static_cast<std::int32_t>(axis), 0, 0, 1};
}
inline constexpr plan::ViewAxis kRepeatedAxis = {plan::kRepeated, 0, 0, 0};

// Every axis of an input in its order.
std::vector<plan::ViewAxis> whole_axes(std::size_t rank);

// Whether the kernel can walk an output of this shape, or by these strides.
bool can_view(const Shape& output);
bool can_view(const Strided& strided);

// One ViewAxis for each axis of `to`. can_view(its shape).
ProgramStep& add_view(Lowering& lowering, std::size_t node, TensorIndex from, TensorIndex to,
                      const std::vector<plan::ViewAxis>& axes);

// The same by strides; `from` is as its base is stored.
ProgramStep& add_view(Lowering& lowering, std::size_t node, TensorIndex from, TensorIndex to,
                      const Strided& strided);

// The value `to` is `from`, seen so: one ViewAxis for each axis of `walk`, a shape with as many
// elements as the output, over `from` under the shape `from_shape`. A step copies it where it is
// read as it stands.
Status see(Lowering& lowering, ValueId to, Seen seen);

}  // namespace slipway::compile
