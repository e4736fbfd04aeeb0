#include "kernels/conv/gated.h"

#include <gtest/gtest.h>

#include "kernels/conv/conv_test_case.h"

namespace slipway {
namespace {

const ConvAxis kOne{};

const ConvCase kCases[] = {
    {"small", {2, 1, 40, 24, kOne, conv_axis(5, 1, 1, 1, 0, 0), conv_axis(7, 1, 1, 1, 0, 0)}},
    {"chunks", {2, 1, 1000, 40, kOne, conv_axis(13, 1, 1, 1, 0, 0), conv_axis(13, 1, 1, 1, 0, 0)}},
};

// The product in plain steps, then the convolution of it with its own kernel.
TEST(GatedConvolution, HasTheBitsOfTheTwo) {
  for (const ConvCase& row : kCases) {
    const ConvShape& s = row.shape;
    const std::size_t blocks = blocks_of(s.in_channels);
    const auto x = conv_numbers(s.batch * blocks * s.in_positions() * kConvBlock, 1);
    const auto gate = conv_numbers(s.batch * blocks * kConvBlock, 2);
    const auto bias = conv_numbers(blocks_of(s.out_channels) * kConvBlock, 3);
    const auto weights = conv_numbers(s.in_channels * s.out_channels, 4);
    std::vector<float> packed(packed_conv_floats(s));
    pack_conv(s, weights.data(), packed.data());
    std::vector<float> product = x;
    for (std::size_t i = 0; i < x.size(); ++i)
      product[i] *= gate[i / (s.in_positions() * kConvBlock) * kConvBlock + i % kConvBlock];
    const std::size_t floats = s.batch * bias.size() * s.out_positions();
    const auto residual = conv_numbers(floats, 5);
    for (const Isa isa : isas_here()) {
      for (const ConvEnd& end : kConvEnds) {
        SCOPED_TRACE(testing::Message() << isa_name(isa) << ", " << row.name << ", " << end.name);
        std::vector<float> want(floats);
        std::vector<float> y(floats, -1.0F);
        ConvOperands at;
        at.x = product.data();
        at.weights = packed.data();
        at.bias = end.has_bias ? bias.data() : nullptr;
        at.residual = end.has_residual ? residual.data() : nullptr;
        at.residual_is_last = end.residual_is_last;
        at.activation = end.activation;
        at.y = want.data();
        blocked_convolution(s, isa)(s, at, 0, conv_units(s));
        at.x = x.data();
        at.y = y.data();
        std::vector<float> scratch(gated_scratch_floats(s), NAN);
        for (std::size_t u = conv_units(s); u > 0;) {
          const std::size_t begin = u - std::min<std::size_t>(u, 3);
          run_gated_convolution(isa, s, at, gate.data(), scratch.data(), begin, u);
          u = begin;
        }
        for (std::size_t i = 0; i < floats; ++i) {
          ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(want[i])) << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace slipway
