// A convolution as kernels know it.
#pragma once

#include <utility>

#include "kernels/conv/shape.h"
#include "ops/nn/convolution.h"
#include "plan/params.h"

namespace slipway::compile {

// Of at most three axes. Transposed, it is the convolution whose input is the node's output. The
// axes go to the parameters, too.
inline ConvShape conv_shape(const Convolution& c, bool is_transposed,
                            plan::ConvAxisParams (&params)[3]) {
  ConvShape shape;
  shape.batch = static_cast<std::size_t>(c.batch);
  shape.groups = static_cast<std::size_t>(c.groups);
  shape.in_channels = static_cast<std::size_t>(c.in_channels);
  shape.out_channels = static_cast<std::size_t>(c.out_channels);
  ConvAxis* const axes[3] = {&shape.depth, &shape.height, &shape.width};
  for (std::size_t i = 0; i < c.axes.size(); ++i) {
    WindowAxis from = c.axes[i];
    if (is_transposed) std::swap(from.input, from.output);
    *axes[3 - c.axes.size() + i] = {
        static_cast<std::size_t>(from.input),    static_cast<std::size_t>(from.output),
        static_cast<std::size_t>(from.kernel),   static_cast<std::size_t>(from.stride),
        static_cast<std::size_t>(from.dilation), from.pad_begin};
    params[i] = {static_cast<std::uint32_t>(from.kernel), static_cast<std::uint32_t>(from.stride),
                 static_cast<std::uint32_t>(from.dilation),
                 static_cast<std::int32_t>(from.pad_begin)};
  }
  return shape;
}

}  // namespace slipway::compile
