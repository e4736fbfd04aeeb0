// What a convolution is, in numbers. Layouts of its tensors:
//
//   plain    [N][C][positions], as ONNX has it
//   blocked  [N][ceil(C / 16)][positions][16]: sixteen channels side by side; the lanes beyond C
//            hold anything, and no kernel lets them reach a result
//
// Positions are depth x height x width, row-major; extents that a convolution lacks are 1.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>

#include "kernels/activation.h"
#include "kernels/range.h"

namespace slipway {

inline constexpr std::size_t kConvBlock = 16;

constexpr std::size_t blocks_of(std::size_t channels) {
  return (channels + kConvBlock - 1) / kConvBlock;
}

// The window at output o covers inputs o * stride - pad + k * dilation, k below kernel.
struct ConvAxis {
  std::size_t input = 1;
  std::size_t output = 1;
  std::size_t kernel = 1;
  std::size_t stride = 1;
  std::size_t dilation = 1;
  std::ptrdiff_t pad = 0;  // before the input

  // Where tap k of output o reads; below 0 or from `input` on it is padding.
  constexpr std::ptrdiff_t at(std::size_t o, std::size_t k) const {
    return static_cast<std::ptrdiff_t>(o * stride + k * dilation) - pad;
  }
};

// The taps of output o that lie inside the input. Takes no longer for more taps.
constexpr Range taps_inside(const ConvAxis& axis, std::size_t o) {
  const auto dilation = static_cast<std::ptrdiff_t>(axis.dilation);
  const auto kernel = static_cast<std::ptrdiff_t>(axis.kernel);
  const auto input = static_cast<std::ptrdiff_t>(axis.input);
  const std::ptrdiff_t first = axis.at(o, 0);
  std::ptrdiff_t begin = 0;
  std::ptrdiff_t end = kernel;
  if (first < 0) begin = std::min(kernel, (-first + dilation - 1) / dilation);
  if (first + (kernel - 1) * dilation >= input)
    end = first >= input ? 0 : (input - first + dilation - 1) / dilation;
  return {static_cast<std::size_t>(begin), static_cast<std::size_t>(std::max(begin, end))};
}

// The outputs of [first, first + count), counted from first, whose tap k lies inside the input.
constexpr Range outputs_inside(const ConvAxis& axis, std::size_t first, std::size_t count,
                               std::size_t k) {
  const std::ptrdiff_t start = axis.at(first, k);
  const auto stride = static_cast<std::ptrdiff_t>(axis.stride);
  const auto input = static_cast<std::ptrdiff_t>(axis.input);
  Range range{0, count};
  if (start < 0) range.begin = static_cast<std::size_t>((-start + stride - 1) / stride);
  if (start + static_cast<std::ptrdiff_t>(count - 1) * stride >= input) {
    range.end =
        start >= input ? 0 : static_cast<std::size_t>((input - start + stride - 1) / stride);
  }
  if (range.begin > range.end) range.begin = range.end;
  return range;
}

struct ConvShape {
  std::size_t batch = 1;
  std::size_t groups = 1;
  std::size_t in_channels = 1;   // of a group
  std::size_t out_channels = 1;  // of a group
  ConvAxis depth, height, width;

  std::size_t in_positions() const { return depth.input * height.input * width.input; }
  std::size_t out_positions() const { return depth.output * height.output * width.output; }
  std::size_t kernel_positions() const { return depth.kernel * height.kernel * width.kernel; }
};

// Every output reads the input at its own position: positions are one row then.
constexpr bool is_pointwise(const ConvShape& shape) {
  for (const ConvAxis* axis : {&shape.depth, &shape.height, &shape.width}) {
    if (axis->kernel != 1 || axis->stride != 1 || axis->pad != 0 || axis->input != axis->output) {
      return false;
    }
  }
  return true;
}

// The operands of one convolution. bias, one float for each output channel filled up with any to
// whole blocks, and residual, of the shape and layout of y, may be null.
//
//   y = activation((sum + bias) + residual), or activation(sum + bias) + residual
struct ConvOperands {
  const float* x = nullptr;
  const float* weights = nullptr;  // packed
  const float* bias = nullptr;
  const float* residual = nullptr;
  float* y = nullptr;
  ActivationSpec activation;
  bool residual_is_last = false;
};

}  // namespace slipway
