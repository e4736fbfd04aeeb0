#include "kernels/conv/winograd.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/conv/conv_test_case.h"

namespace slipway {
namespace {

ConvAxis three(std::size_t input, std::size_t pad, std::size_t pad_end) {
  return conv_axis(input, 3, 1, 1, pad, pad_end);
}

const ConvAxis kOne{};

const ConvCase kCases[] = {
    {"even", {1, 1, 32, 32, kOne, three(8, 1, 1), three(8, 1, 1)}},
    {"odd, channels that fill no block", {2, 1, 37, 55, kOne, three(9, 1, 1), three(11, 1, 1)}},
    {"no padding", {1, 1, 48, 32, kOne, three(10, 0, 0), three(13, 0, 0)}},
    {"padding beyond the kernel", {1, 1, 32, 64, kOne, three(7, 4, 0), three(6, 0, 4)}},
    {"chunks", {1, 1, 64, 96, kOne, three(9, 1, 1), three(131, 1, 1)}},
};

struct Kernel {
  Isa isa;
  float* scratch;

  void operator()(const ConvShape& shape, const ConvOperands& operands, std::size_t begin,
                  std::size_t end) const {
    run_winograd(isa, shape, operands, scratch, begin, end);
  }
};

TEST(Winograd, HasTheBitsOfTheDefinition) {
  for (const ConvCase& row : kCases) {
    ASSERT_TRUE(is_winograd(row.shape)) << row.name;
    const ConvTrial trial(row.shape, pack_winograd, packed_winograd_floats(row.shape),
                          defined_winograd);
    std::vector<float> scratch(winograd_scratch_floats(row.shape));
    for (const Isa isa : isas_here()) {
      for (const ConvEnd& end : kConvEnds) {
        SCOPED_TRACE(testing::Message() << isa_name(isa) << ", " << row.name << ", " << end.name);
        trial.check(end, Kernel{isa, scratch.data()}, winograd_units(row.shape), false);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

TEST(Winograd, OfNoImagesHasNoUnits) {
  ConvShape shape = kCases[0].shape;
  shape.batch = 0;
  EXPECT_EQ(winograd_units(shape), 0U);
}

// The same numbers as the direct sums, but for rounding.
TEST(Winograd, IsTheConvolution) {
  const ConvShape shape = {1, 1, 64, 32, kOne, three(12, 1, 1), three(12, 1, 1)};
  const std::vector<float> x = conv_numbers(64 * 144, 1);
  const std::vector<float> w = conv_numbers(32 * 64 * 9, 2);
  const std::vector<float> tiles = defined_winograd(shape, x, w);
  const std::vector<double> exact = defined_convolution<double>(
      shape, std::vector<double>(x.begin(), x.end()), std::vector<double>(w.begin(), w.end()));
  for (std::size_t i = 0; i < exact.size(); ++i) ASSERT_NEAR(tiles[i], exact[i], 2e-5) << i;
}

}  // namespace
}  // namespace slipway
