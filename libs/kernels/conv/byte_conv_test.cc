#include "kernels/conv/byte_conv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/conv/byte_depthwise.h"
#include "kernels/conv/conv_test_case.h"
#include "kernels/conv/depthwise.h"
#include "kernels/numeric/round.h"

namespace slipway {
namespace {

const ConvAxis kOne{};

const ConvCase kCases[] = {
    {"pointwise, tails",
     {2, 1, 17, 40, kOne, conv_axis(3, 1, 1, 1, 0, 0), conv_axis(9, 1, 1, 1, 0, 0)}},
    {"pointwise, one position", {1, 1, 33, 144, kOne, kOne, kOne}},
    {"pointwise, stride 2",
     {1, 1, 16, 32, kOne, conv_axis(7, 1, 2, 1, 0, 0), conv_axis(9, 1, 2, 1, 0, 0)}},
    {"3 x 3", {1, 1, 32, 48, kOne, conv_axis(6, 3, 1, 1, 1, 1), conv_axis(29, 3, 1, 1, 1, 1)}},
    {"rows of seven",
     {1, 1, 20, 32, kOne, conv_axis(7, 3, 1, 1, 1, 1), conv_axis(14, 3, 2, 1, 1, 1)}},
    {"few channels", {1, 1, 3, 5, kOne, conv_axis(9, 7, 2, 1, 3, 3), conv_axis(31, 7, 2, 1, 3, 3)}},
    {"one position of padding",
     {1, 1, 16, 16, kOne, conv_axis(1, 3, 1, 1, 1, 1), conv_axis(1, 3, 1, 1, 1, 1)}},
    {"dilated", {1, 1, 6, 16, kOne, conv_axis(11, 5, 1, 2, 4, 3), conv_axis(19, 7, 1, 3, 9, 6)}},
    {"padding beyond the kernel",
     {1, 1, 5, 16, kOne, conv_axis(8, 4, 3, 1, 5, 6), conv_axis(12, 4, 3, 1, 7, 5)}},
    {"groups", {2, 2, 32, 48, kOne, conv_axis(5, 3, 1, 1, 1, 1), conv_axis(6, 3, 1, 1, 1, 1)}},
    {"three axes",
     {1, 1, 17, 16, conv_axis(4, 3, 1, 1, 1, 1), conv_axis(5, 2, 2, 1, 0, 1),
      conv_axis(16, 3, 1, 1, 1, 1)}},
};

const ConvCase kDepthwiseCases[] = {
    {"3 x 3", {2, 40, 1, 1, kOne, conv_axis(5, 3, 1, 1, 1, 1), conv_axis(29, 3, 1, 1, 1, 1)}},
    {"3 x 3, stride 2",
     {1, 16, 1, 1, kOne, conv_axis(9, 3, 2, 1, 1, 1), conv_axis(33, 3, 2, 1, 1, 1)}},
    {"3 x 3, rows of seven",
     {1, 16, 1, 1, kOne, conv_axis(7, 3, 1, 1, 1, 1), conv_axis(7, 3, 1, 1, 1, 1)}},
    {"5 x 5", {1, 17, 1, 1, kOne, conv_axis(7, 5, 1, 1, 2, 2), conv_axis(7, 5, 1, 1, 2, 2)}},
    {"one position", {1, 3, 1, 1, kOne, conv_axis(1, 5, 1, 1, 2, 2), conv_axis(1, 5, 1, 1, 2, 2)}},
    {"dilated, stride 3",
     {1, 16, 1, 1, kOne, conv_axis(9, 3, 3, 2, 3, 1), conv_axis(40, 3, 3, 5, 7, 6)}},
    {"three axes",
     {1, 16, 1, 1, conv_axis(4, 3, 1, 1, 1, 1), conv_axis(5, 2, 2, 1, 3, 1),
      conv_axis(7, 3, 1, 1, 1, 1)}},
};

struct End {
  const char* name;
  std::int32_t x_zero;
  bool has_bias;
  std::int32_t low;
  bool has_residual;
};
const End kEnds[] = {
    {"alone", 0, false, 0, false},
    {"relu", 17, true, 30, false},
    {"residual", 255, true, 0, true},
    {"the zero of signed bytes", 128, false, 0, false},
};

template <typename T>
std::vector<T> bytes(std::size_t count, std::uint32_t seed) {
  std::vector<T> x(count);
  for (T& v : x) {
    seed = seed * 1664525U + 1013904223U;
    v = static_cast<T>(seed >> 24);
    if ((seed >> 8) % 4 == 0) v = (seed >> 10) % 2 == 0 ? T(-128) : T(127 + (T(-1) > T(0)) * 128);
  }
  return x;
}

// Blocked, exactly as large as it has to be.
std::vector<std::uint8_t> blocked(const std::vector<std::uint8_t>& plain, std::size_t images,
                                  std::size_t channels, std::size_t positions) {
  const std::size_t blocks = blocks_of(channels);
  std::vector<std::uint8_t> to(images * blocks * positions * kConvBlock, 99);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const std::size_t c = i / positions % channels;
    const std::size_t block = i / positions / channels * blocks + c / kConvBlock;
    to[(block * positions + i % positions) * kConvBlock + c % kConvBlock] = plain[i];
  }
  return to;
}

std::int32_t quantized(float x, std::int32_t zero, std::int32_t low, std::int32_t high) {
  return std::clamp(numeric::quantize(x, 1.0F, zero, numeric::kUint8Range), low, high);
}

// On every instruction set. `share`: of what the weights would be; a half keeps every pair of them
// within 128, which has a form of its own on AVX2.
void check(const ConvShape& s, const End& end, int share = 1) {
  const std::size_t channels = s.groups * s.out_channels;
  const auto x = bytes<std::uint8_t>(s.batch * s.groups * s.in_channels * s.in_positions(), 1);
  auto w = bytes<std::int8_t>(channels * s.in_channels * s.kernel_positions(), 2);
  for (std::int8_t& weight : w) weight = static_cast<std::int8_t>(weight / share);
  const auto r = bytes<std::uint8_t>(s.batch * channels * s.out_positions(), 3);
  std::vector<std::int32_t> bias(blocks_of(channels) * kConvBlock);
  std::vector<float> multiplier(bias.size());
  for (std::size_t i = 0; i < bias.size(); ++i) {
    bias[i] = static_cast<std::int32_t>(i * 977) - 5000;
    multiplier[i] = 0.001F + 0.0001F * static_cast<float>(i);
  }
  // Sums of integers are exact in double.
  std::vector<double> x_shifted(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) x_shifted[i] = x[i] - end.x_zero;
  const std::vector<double> w_wide(w.begin(), w.end());
  const std::vector<double> sums = defined_convolution(s, x_shifted, w_wide);
  const auto x_blocked = blocked(x, s.batch, s.groups * s.in_channels, s.in_positions());
  const auto r_blocked = blocked(r, s.batch, channels, s.out_positions());
  const bool is_depthwise = s.in_channels == 1 && s.out_channels == 1;
  std::vector<std::int8_t> packed(is_depthwise ? packed_byte_depthwise_bytes(s)
                                               : packed_byte_conv_bytes(s));
  std::vector<std::int32_t> tap_sums(is_depthwise ? 0 : packed_byte_conv_sums(s));
  if (is_depthwise) {
    pack_byte_depthwise(s, w.data(), packed.data());
  } else {
    pack_byte_conv(s, w.data(), packed.data(), tap_sums.data());
  }

  std::vector<std::uint8_t> y(r_blocked.size(), 1);
  ByteConvOperands operands;
  operands.x = x_blocked.data();
  operands.x_zero = end.x_zero;
  operands.weights = packed.data();
  operands.tap_sums = tap_sums.data();
  operands.bias = end.has_bias ? bias.data() : nullptr;
  operands.multiplier = multiplier.data();
  operands.y = y.data();
  operands.y_zero = 30;
  operands.low = end.low;
  if (end.has_residual) operands.residual = {r_blocked.data(), 7, 0.02F, 0.03F, 0.05F, 5, 5, 250};
  std::vector<std::uint8_t> want(r.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    const std::size_t c = i / s.out_positions() % channels;
    const auto sum = static_cast<std::int32_t>(sums[i]) + (end.has_bias ? bias[c] : 0);
    std::int32_t q = quantized(static_cast<float>(sum) * multiplier[c], 30, end.low, 255);
    if (end.has_residual) {
      const float both = static_cast<float>(q - 30) * 0.03F + static_cast<float>(r[i] - 7) * 0.02F;
      q = quantized(both / 0.05F, 5, 5, 250);
    }
    want[i] = static_cast<std::uint8_t>(q);
  }
  const auto want_blocked = blocked(want, s.batch, channels, s.out_positions());
  for (const Isa isa : isas_here()) {
    const ByteConvKernel kernel =
        is_depthwise ? byte_depthwise_kernels(isa).blocked : byte_conv_kernels(isa).blocked;
    const std::size_t units = is_depthwise ? depthwise_units(s) : conv_units(s);
    for (std::size_t u = units; u > 0; --u) kernel(s, operands, u - 1, u);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const std::size_t block = i / kConvBlock / s.out_positions() % blocks_of(channels);
      if (block * kConvBlock + i % kConvBlock >= channels) continue;
      ASSERT_EQ(+y[i], +want_blocked[i])
          << isa_name(isa) << ", position " << i / kConvBlock << " lane " << i % kConvBlock;
    }
  }
}

void check_all(std::span<const ConvCase> cases) {
  for (const ConvCase& row : cases) {
    for (const End& end : kEnds) {
      SCOPED_TRACE(testing::Message() << row.name << ", " << end.name);
      check(row.shape, end);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(ByteConvolution, HasTheBitsOfTheDefinition) { check_all(kCases); }

TEST(ByteConvolution, OfSmallWeightsHasTheBitsOfTheDefinition) {
  for (const ConvCase& row : kCases) {
    SCOPED_TRACE(row.name);
    check(row.shape, kEnds[1], 2);
    if (HasFatalFailure()) return;
  }
}

TEST(ByteConvolution, DepthwiseHasTheBitsOfTheDefinition) { check_all(kDepthwiseCases); }

TEST(ByteConvolution, OfEveryWidthHasTheBitsOfTheDefinition) {
  for (std::size_t width = 1; width < 46; ++width) {
    SCOPED_TRACE(testing::Message() << width);
    check({1, 1, 16, 32, kOne, kOne, conv_axis(width, 3, 1, 1, 1, 1)}, kEnds[1]);
    check({1, 16, 1, 1, kOne, kOne, conv_axis(width, 3, 1, 1, 1, 1)}, kEnds[1]);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace slipway
