// Which scale and zero point belong to which element: one for the tensor, one for each index along
// an axis, or one for each block along it.
#pragma once

#include <cstddef>

#include "ops/node_view.h"
#include "tensor/tensor.h"

namespace slipway {

struct ScaleLayout {
  std::size_t outer = 1;  // elements before, along and after the axis
  std::size_t length = 1;
  std::size_t inner = 1;
  std::size_t block = 1;  // neighbours along the axis that share a scale
  std::size_t outer_step = 0, block_step = 0, inner_step = 0;  // in scales

  // Calls f(element, scale) for every element of the quantised tensor.
  template <typename F>
  void for_each(F f) const {
    std::size_t at = 0;
    for (std::size_t o = 0; o < outer; ++o) {
      for (std::size_t k = 0; k < length; ++k) {
        const std::size_t scale = o * outer_step + k / block * block_step;
        for (std::size_t i = 0; i < inner; ++i, ++at) f(at, scale + i * inner_step);
      }
    }
  }
};

// By the attributes axis and block_size. Fails when the scale's shape does not fit x.
Result<ScaleLayout> scale_layout(const NodeView& view, const Shape& x, const Shape& scale);

// A zero point, when there is one, has the shape of the scale.
Status check_zero_point(const NodeView& view, const Shape& scale, const Shape& zero_point);

}  // namespace slipway
