// Strided copies: one step that reads its input by other strides than it writes its output.
#pragma once

#include <string>
#include <vector>

#include "compile/lowering.h"
#include "plan/params.h"

namespace slipway::compile {

inline constexpr plan::ViewAxis whole_axis(std::size_t axis) {
  return {static_cast<std::int32_t>(axis), 0, 0, 1};
}
inline constexpr plan::ViewAxis kRepeatedAxis = {plan::kRepeated, 0, 0, 0};

// Every axis of an input in its order.
std::vector<plan::ViewAxis> whole_axes(std::size_t rank);

// Whether the kernel can walk an output of this shape.
bool can_view(const Shape& output);

// One ViewAxis for each axis of `to`. can_view(its shape).
ProgramStep& add_view(Lowering& lowering, std::size_t node, TensorIndex from, TensorIndex to,
                      const std::vector<plan::ViewAxis>& axes);

// The same from a value to a value: one ViewAxis for each axis of `walk`, a shape with as many
// elements as the output. A value that was made in blocks of channels is read as it lies where the
// view allows it.
Result<ProgramStep*> add_view_of(Lowering& lowering, std::size_t node, ValueId from, ValueId to,
                                 Shape walk, std::vector<plan::ViewAxis> axes);

}  // namespace slipway::compile
