// Scales and zero points from ranges, and constants as whole numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quantize/options.h"
#include "quantize/range.h"
#include "tensor/tensor.h"

namespace slipway::quantize {

struct Scale {
  float scale = 1;
  std::int32_t zero = 0;
};

// For x = (q - zero) * scale in int8 or uint8; the range holds zero, and zero is exact.
//   symmetric   scale = max(-low, high) / 127, zero = 0 (uint8: 128)
//   asymmetric  scale = (high - low) / 255, zero = lowest - round(low / scale)
Scale activation_scale(const Range& range, DType dtype, bool is_symmetric);

// Weights in [-127, 127]; scales for all, or one for each index of an axis.
struct IntegerWeights {
  Tensor values;  // int8, the shape of what they stand for
  std::vector<float> scales;
};
// The scale of a channel is its greatest magnitude / 127, or `least[channel]` where that is more
// (`least` is empty or as long as the axis).
IntegerWeights quantize_weights(const Tensor& weights, std::size_t axis, bool is_per_tensor,
                                const std::vector<float>& least = {});

// The floats that the whole numbers stand for.
Tensor dequantize_weights(const IntegerWeights& weights, std::size_t axis);

// Elements of a row-major tensor by their index of one axis: `inner` neighbours each have the same.
struct AxisStride {
  std::size_t inner = 1;
  std::size_t extent = 1;

  std::size_t operator()(std::size_t element) const { return element / inner % extent; }

  // f(index, first element, one after the last) for each run of neighbours.
  template <typename F>
  void for_each_run(std::size_t elements, F f) const {
    for (std::size_t from = 0, i = 0; from < elements;
         from += inner, i = i + 1 == extent ? 0 : i + 1)
      f(i, from, from + inner);
  }
};
AxisStride axis_stride(const Shape& shape, std::size_t axis);

// The greatest magnitude in each index of an axis.
std::vector<float> greatest_by_channel(const Tensor& floats, std::size_t axis);

}  // namespace slipway::quantize
