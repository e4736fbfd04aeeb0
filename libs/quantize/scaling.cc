#include "quantize/scaling.h"

#include <algorithm>
#include <cmath>

#include "kernels/numeric/round.h"

namespace slipway::quantize {
namespace {

constexpr float kLeastScale = 1e-12F;  // products of two stay normal numbers

}  // namespace

Scale activation_scale(const Range& range, DType dtype, bool is_symmetric) {
  const bool is_signed = dtype == DType::kInt8;
  const double low = std::min(range.low, 0.0F);
  const double high = std::max(range.high, 0.0F);
  Scale scale;
  if (is_symmetric) {
    scale.scale = static_cast<float>(std::max(-low, high) / 127);
    scale.zero = is_signed ? 0 : 128;
  } else {
    scale.scale = static_cast<float>((high - low) / 255);
  }
  if (!(scale.scale >= kLeastScale)) scale.scale = low == high ? 1.0F : kLeastScale;
  if (!is_symmetric) {
    const double zero = std::nearbyint(-low / static_cast<double>(scale.scale));
    scale.zero = static_cast<std::int32_t>(std::clamp(zero, 0.0, 255.0)) - (is_signed ? 128 : 0);
  }
  return scale;
}

AxisStride axis_stride(const Shape& shape, std::size_t axis) {
  AxisStride stride;
  stride.extent = static_cast<std::size_t>(shape[axis]);
  for (std::size_t i = axis + 1; i < shape.size(); ++i)
    stride.inner *= static_cast<std::size_t>(shape[i]);
  return stride;
}

std::vector<float> greatest_by_channel(const Tensor& floats, std::size_t axis) {
  const AxisStride channel = axis_stride(floats.shape(), axis);
  std::vector<float> greatest(channel.extent, 0);
  const auto values = floats.data<float>();
  channel.for_each_run(values.size(), [&](std::size_t c, std::size_t from, std::size_t to) {
    float most = greatest[c];
    for (std::size_t i = from; i < to; ++i) most = std::max(most, std::abs(values[i]));
    greatest[c] = most;
  });
  return greatest;
}

IntegerWeights quantize_weights(const Tensor& weights, std::size_t axis, bool is_per_tensor,
                                const std::vector<float>& least) {
  IntegerWeights result;
  result.scales = greatest_by_channel(weights, axis);
  for (std::size_t c = 0; c < result.scales.size(); ++c) {
    float& scale = result.scales[c];
    scale = std::max({scale / 127, kLeastScale, c < least.size() ? least[c] : 0.0F});
  }
  if (is_per_tensor) result.scales = {*std::ranges::max_element(result.scales)};
  const AxisStride channel = axis_stride(weights.shape(), axis);
  const auto values = weights.data<float>();
  std::vector<std::int8_t> integers(values.size());
  channel.for_each_run(values.size(), [&](std::size_t c, std::size_t from, std::size_t to) {
    const float scale = result.scales[is_per_tensor ? 0 : c];
    for (std::size_t i = from; i < to; ++i) {
      const float q = std::clamp(numeric::round_half_even(values[i] / scale), -127.0F, 127.0F);
      integers[i] = static_cast<std::int8_t>(q);
    }
  });
  result.values = Tensor::of(weights.shape(), integers);
  return result;
}

Tensor dequantize_weights(const IntegerWeights& weights, std::size_t axis) {
  const AxisStride channel = axis_stride(weights.values.shape(), axis);
  const auto values = weights.values.data<std::int8_t>();
  std::vector<float> floats(values.size());
  channel.for_each_run(values.size(), [&](std::size_t c, std::size_t from, std::size_t to) {
    const float scale = weights.scales[weights.scales.size() == 1 ? 0 : c];
    for (std::size_t i = from; i < to; ++i) floats[i] = static_cast<float>(values[i]) * scale;
  });
  return Tensor::of(weights.values.shape(), floats);
}

}  // namespace slipway::quantize
