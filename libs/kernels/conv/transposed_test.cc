#include "kernels/conv/transposed.h"

#include <gtest/gtest.h>

#include "kernels/conv/conv_test_case.h"

namespace slipway {
namespace {

const ConvAxis kOne{};

ConvAxis axis(std::size_t input, std::size_t kernel, std::size_t stride, std::size_t dilation,
              std::ptrdiff_t pad, std::size_t cut) {
  ConvAxis a{input, 1, kernel, stride, dilation, pad};
  a.output = (input - 1) * stride + (kernel - 1) * dilation + 1 - cut;
  return a;
}

const ConvCase kCases[] = {
    {"2 x 2, stride 2", {2, 1, 32, 40, kOne, axis(5, 2, 2, 1, 0, 0), axis(17, 2, 2, 1, 0, 0)}},
    {"4 x 4, stride 2", {1, 1, 16, 16, kOne, axis(5, 4, 2, 1, 1, 2), axis(15, 4, 2, 1, 1, 2)}},
    {"3 x 3", {1, 1, 20, 32, kOne, axis(5, 3, 1, 1, 1, 2), axis(31, 3, 1, 1, 1, 2)}},
    {"dilated, stride 3", {1, 1, 16, 17, kOne, axis(4, 3, 3, 2, 2, 1), axis(9, 5, 3, 2, 3, 5)}},
    {"stride beyond the kernel",
     {1, 1, 3, 16, kOne, axis(3, 2, 3, 1, 0, 0), axis(6, 1, 4, 1, 0, 0)}},
    {"wide kernel", {1, 1, 16, 16, kOne, kOne, axis(6, 20, 1, 1, 3, 4)}},
    {"groups", {2, 2, 16, 32, kOne, axis(3, 3, 2, 1, 1, 1), axis(4, 3, 2, 1, 1, 1)}},
    {"three axes",
     {1, 1, 17, 16, axis(3, 2, 2, 1, 0, 0), axis(3, 3, 1, 1, 1, 2), axis(5, 3, 2, 1, 1, 1)}},
};

bool read_from(const ConvAxis& a, std::size_t output, std::size_t k, std::size_t* input) {
  const std::ptrdiff_t from =
      static_cast<std::ptrdiff_t>(output) + a.pad - static_cast<std::ptrdiff_t>(k * a.dilation);
  const auto stride = static_cast<std::ptrdiff_t>(a.stride);
  if (from < 0 || from % stride != 0) return false;
  *input = static_cast<std::size_t>(from / stride);
  return *input < a.input;
}

// The sum of one output, in the order of docs/numerics.md.
float defined(const ConvShape& s, const std::vector<float>& x, const std::vector<float>& w,
              std::size_t image, std::size_t channel, std::size_t output) {
  const std::size_t taps = s.kernel_positions();
  float sum = 0;
  for (std::size_t i = 0; i < s.in_channels * taps; ++i) {
    const numeric::Tap tap = numeric::convolution_tap(i, s.in_channels, taps);
    std::size_t d = 0;
    std::size_t h = 0;
    std::size_t v = 0;
    const std::size_t k = tap.position;
    if (!read_from(s.width, output % s.width.output, k % s.width.kernel, &v) ||
        !read_from(s.height, output / s.width.output % s.height.output,
                   k / s.width.kernel % s.height.kernel, &h) ||
        !read_from(s.depth, output / s.width.output / s.height.output,
                   k / s.width.kernel / s.height.kernel, &d)) {
      continue;
    }
    const std::size_t in = image * s.in_channels + tap.channel;
    const std::size_t filter =
        (image % s.groups * s.in_channels + tap.channel) * s.out_channels + channel;
    sum = std::fma(x[in * s.in_positions() + (d * s.height.input + h) * s.width.input + v],
                   w[filter * taps + k], sum);
  }
  return sum;
}

void check(const ConvShape& s, const ConvEnd& end) {
  const std::size_t channels = s.groups * s.out_channels;
  const auto x = conv_numbers(s.batch * s.groups * s.in_channels * s.in_positions(), 1);
  const auto w = conv_numbers(s.groups * s.in_channels * s.out_channels * s.kernel_positions(), 2);
  const auto bias = conv_numbers(blocks_of(channels) * kConvBlock, 3);
  const auto x_blocked = to_blocked(x, s.batch, s.groups * s.in_channels, s.in_positions());
  std::vector<float> packed(packed_conv_floats(s));
  pack_transposed(s, w.data(), packed.data());
  std::vector<float> sums;
  for (std::size_t i = 0; i < s.batch * channels * s.out_positions(); ++i) {
    const std::size_t c = i / s.out_positions();
    const float sum =
        defined(s, x, w, c / s.out_channels, c % s.out_channels, i % s.out_positions());
    sums.push_back(activate(end.has_bias ? sum + bias[c % channels] : sum, end.activation));
  }
  const auto want = to_blocked(sums, s.batch, channels, s.out_positions());
  for (const Isa isa : isas_here()) {
    std::vector<float> y(want.size(), -1.0F);
    ConvOperands operands;
    operands.x = x_blocked.data();
    operands.weights = packed.data();
    operands.bias = end.has_bias ? bias.data() : nullptr;
    operands.y = y.data();
    operands.activation = end.activation;
    for (std::size_t u = transposed_units(s); u > 0; --u) {
      transposed_convolution(isa)(s, operands, u - 1, u);
    }
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (std::isnan(want[i])) continue;  // a lane beyond the channels
      ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(want[i]))
          << isa_name(isa) << ", position " << i / kConvBlock << " lane " << i % kConvBlock
          << " is " << y[i] << ", not " << want[i];
    }
  }
}

TEST(TransposedConvolution, HasTheBitsOfTheDefinition) {
  for (const ConvCase& row : kCases) {
    for (const ConvEnd& end : kConvEnds) {
      if (end.has_residual) continue;
      SCOPED_TRACE(testing::Message() << row.name << ", " << end.name);
      check(row.shape, end);
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace slipway
