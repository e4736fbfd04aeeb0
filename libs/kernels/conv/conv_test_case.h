// Convolutions that reach every tail, and one run of a kernel on them against the definition.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/conv/conv_definition.h"
#include "kernels/conv/direct.h"
#include "kernels/conv/layout.h"

namespace slipway {

inline ConvAxis conv_axis(std::size_t input, std::size_t kernel, std::size_t stride,
                          std::size_t dilation, std::size_t pad, std::size_t pad_end) {
  ConvAxis axis{input, 1, kernel, stride, dilation, static_cast<std::ptrdiff_t>(pad)};
  axis.output = (input + pad + pad_end - ((kernel - 1) * dilation + 1)) / stride + 1;
  return axis;
}

struct ConvCase {
  const char* name;
  ConvShape shape;
};

// Normal numbers, with tiny ones whose products underflow to -0, and zeros among them.
inline std::vector<float> conv_numbers(std::size_t count, std::uint32_t seed) {
  std::vector<float> x(count);
  for (float& v : x) {
    seed = seed * 1664525U + 1013904223U;
    v = static_cast<float>(static_cast<std::int32_t>(seed)) * 0x1p-31F;
    if ((seed >> 8) % 16 == 0) v *= 0x1p-120F;
    if ((seed >> 12) % 16 == 0) v = 0.0F;
  }
  return x;
}

// Exactly as large as it has to be, so that a sanitizer sees every step outside.
inline std::vector<float> to_blocked(const std::vector<float>& plain, std::size_t images,
                                     std::size_t channels, std::size_t positions) {
  const std::size_t blocks = blocks_of(channels);
  std::vector<float> blocked(images * blocks * positions * kConvBlock, NAN);
  for (std::size_t n = 0; n < images; ++n) {
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t i = 0; i < positions; ++i) {
        blocked[((n * blocks + c / kConvBlock) * positions + i) * kConvBlock + c % kConvBlock] =
            plain[(n * channels + c) * positions + i];
      }
    }
  }
  return blocked;
}

struct ConvEnd {
  const char* name;
  bool has_bias;
  bool has_residual;
  bool residual_is_last;
  ActivationSpec activation;
};

inline const ConvEnd kConvEnds[] = {
    {"alone", false, false, false, {}},
    {"bias, relu", true, false, false, {Activation::kRelu}},
    {"residual, relu6", true, true, false, {Activation::kClip, 0.0F, 6.0F}},
    {"relu, residual", false, true, true, {Activation::kRelu}},
    {"silu", true, false, false, {Activation::kSilu}},
    {"residual, sigmoid", true, true, false, {Activation::kSigmoid}},
    {"tanh, residual", true, true, true, {Activation::kTanh}},
};

using ConvPack = void (*)(const ConvShape&, const float*, float*);
// The sums that are wanted, on plain tensors.
using ConvDefinition = std::vector<float> (*)(const ConvShape& shape, const std::vector<float>& x,
                                              const std::vector<float>& weights);

// The operands of one convolution and the sums that they define.
class ConvTrial {
 public:
  ConvTrial(const ConvShape& shape, ConvPack pack, std::size_t packed_floats,
            ConvDefinition definition = defined_convolution<float>)
      : s_(shape),
        channels_(s_.groups * s_.out_channels),
        x_(conv_numbers(s_.batch * s_.groups * s_.in_channels * s_.in_positions(), 1)),
        bias_(conv_numbers(blocks_of(channels_) * kConvBlock, 3)),
        residual_(conv_numbers(s_.batch * channels_ * s_.out_positions(), 4)),
        packed_(packed_floats) {
    const std::vector<float> w =
        conv_numbers(channels_ * s_.in_channels * s_.kernel_positions(), 2);
    pack(s_, w.data(), packed_.data());
    sums_ = definition(s_, x_, w);
    x_blocked_ = to_blocked(x_, s_.batch, s_.groups * s_.in_channels, s_.in_positions());
    residual_blocked_ = to_blocked(residual_, s_.batch, channels_, s_.out_positions());
  }

  // Runs the kernel, called as a ConvKernel is, in units, each by itself, the last first.
  template <typename Kernel>
  void check(const ConvEnd& end, Kernel kernel, std::size_t units, bool is_plain) const {
    std::vector<float> y(residual_blocked_.size(), -1.0F);
    ConvOperands operands;
    operands.x = (is_plain ? x_ : x_blocked_).data();
    operands.weights = packed_.data();
    operands.bias = end.has_bias ? bias_.data() : nullptr;
    operands.residual = end.has_residual ? residual_blocked_.data() : nullptr;
    operands.y = y.data();
    operands.activation = end.activation;
    operands.residual_is_last = end.residual_is_last;
    for (std::size_t u = units; u > 0; --u) kernel(s_, operands, u - 1, u);
    const std::vector<float> want = expected(end);
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (std::isnan(want[i])) continue;  // a lane beyond the channels
      ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(want[i]))
          << "position " << i / kConvBlock << " lane " << i % kConvBlock << " is " << y[i]
          << ", not " << want[i];
    }
  }

 private:
  std::vector<float> expected(const ConvEnd& end) const {
    std::vector<float> want = sums_;
    for (std::size_t i = 0; i < want.size(); ++i) {
      if (end.has_bias) want[i] += bias_[i / s_.out_positions() % channels_];
      if (end.has_residual && !end.residual_is_last) want[i] += residual_[i];
      want[i] = activate(want[i], end.activation);
      if (end.has_residual && end.residual_is_last) want[i] += residual_[i];
    }
    return to_blocked(want, s_.batch, channels_, s_.out_positions());
  }

  ConvShape s_;
  std::size_t channels_;
  std::vector<float> x_, bias_, residual_, packed_;
  std::vector<float> sums_, x_blocked_, residual_blocked_;
};

}  // namespace slipway
