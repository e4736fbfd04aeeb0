// The sums of Conv and of its quantised relatives.
#pragma once

#include <algorithm>
#include <concepts>

#include "kernels/numeric/dot.h"
#include "kernels/numeric/lanes.h"
#include "ops/nn/convolution.h"

namespace slipway {

// The part of an output line that one kernel position reaches: outputs [first, first + count) take
// the input elements from `offset` on.
struct LineTap {
  std::int64_t kernel_position;
  std::int64_t offset;
  std::int64_t first;
  std::int64_t count;
};

// The kernel positions that reach output line `line`, in row-major order; those in the padding are
// left out.
std::vector<LineTap> line_taps(const Convolution& plan, std::int64_t line);

// With a kernel of one position and no padding all positions are one line: this makes them one.
void merge_pointwise(Convolution& plan);

// acc[j] += x * b[j * stride]; integers wrap.
template <std::integral T>
void multiply_add(T x, const T* b, std::ptrdiff_t stride, T* acc, std::size_t n) {
  for (std::size_t j = 0; j < n; ++j, b += stride) {
    const std::uint64_t product = static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(*b);
    acc[j] = static_cast<T>(static_cast<std::uint64_t>(acc[j]) + product);
  }
}
using numeric::multiply_add;

// One line of one output channel, in the order of docs/numerics.md: blocks of 16 input channels,
// kernel positions, channels of the block.
template <typename T>
void convolve_line(const Convolution& plan, const std::vector<LineTap>& taps, const T* image,
                   const T* weights, T* out) {
  const std::int64_t stride = plan.axes.back().stride;
  for (std::int64_t block = 0; block < plan.in_channels; block += kChannelBlock) {
    const std::int64_t end = std::min(block + kChannelBlock, plan.in_channels);
    for (const LineTap& tap : taps) {
      for (std::int64_t c = block; c < end; ++c) {
        multiply_add(weights[c * plan.kernel_positions + tap.kernel_position],
                     image + c * plan.in_positions + tap.offset, stride, out + tap.first,
                     static_cast<std::size_t>(tap.count));
      }
    }
  }
}

// Adds the bias, where there is one, last. y has elements, all 0.
template <typename T>
void convolve(const Convolution& plan, const Tensor& x, const Tensor& w, const T* bias, Tensor& y) {
  const T* in = x.data<T>().data();
  T* out = y.mutable_data<T>().data();
  const std::int64_t width = plan.axes.back().output;
  const std::int64_t filter = plan.in_channels * plan.kernel_positions;
  for (std::int64_t line = 0; line < plan.out_positions / width; ++line) {
    const std::vector<LineTap> taps = line_taps(plan, line);
    for (std::int64_t image = 0; image < plan.batch * plan.groups; ++image) {
      const std::int64_t first_channel = image % plan.groups * plan.out_channels;
      const T* from = in + image * plan.in_channels * plan.in_positions;
      for (std::int64_t m = 0; m < plan.out_channels; ++m) {
        T* to = out + (image * plan.out_channels + m) * plan.out_positions + line * width;
        const T* weights = w.data<T>().data() + (first_channel + m) * filter;
        convolve_line(plan, taps, from, weights, to);
        for (std::int64_t i = 0; bias != nullptr && i < width; ++i)
          to[i] = numeric::wrapping_add(to[i], bias[first_channel + m]);
      }
    }
  }
}

}  // namespace slipway
