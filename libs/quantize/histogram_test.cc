#include "quantize/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace slipway::quantize {
namespace {

// The counts that bins of the final width give when all values are there from the start.
std::vector<std::uint64_t> counted(const std::vector<float>& values, double width) {
  std::vector<std::uint64_t> bins(2 * Histogram::kHalf, 0);
  for (const float value : values) {
    const double place = std::floor(value / width) + static_cast<double>(Histogram::kHalf);
    ++bins.at(static_cast<std::size_t>(place));
  }
  return bins;
}

TEST(Histogram, GrowingMergesBinsExactlyWhateverTheOrder) {
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U}) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::normal_distribution<double> exponent(0, 6);
    std::normal_distribution<double> normal(0, 1);
    std::vector<float> values;
    for (int i = 0; i < 3000; ++i)
      values.push_back(static_cast<float>(normal(random) * std::exp2(exponent(random))));
    Histogram growing;
    for (std::size_t i = 0; i < values.size(); i += 7)
      growing.add(std::span(values).subspan(i, std::min<std::size_t>(7, values.size() - i)));
    std::ranges::shuffle(values, random);
    Histogram shuffled;
    shuffled.add(values);
    const auto expected = counted(values, growing.width());
    EXPECT_TRUE(std::ranges::equal(growing.bins(), expected));
    EXPECT_EQ(growing.width(), shuffled.width());
    EXPECT_TRUE(std::ranges::equal(growing.bins(), shuffled.bins()));
    EXPECT_EQ(growing.extremes().low, *std::ranges::min_element(values));
    EXPECT_EQ(growing.extremes().high, *std::ranges::max_element(values));
    EXPECT_EQ(growing.count(), values.size());
  }
}

TEST(Histogram, TheWidthIsTheLeastPowerOfTwoThatFits) {
  Histogram seen;
  seen.add(std::vector<float>{1.0F, -0.25F});
  // 1 lies beyond 2048 bins of 2^-11.
  EXPECT_EQ(seen.width(), 0x1p-10);
  seen.add(std::vector<float>{1.999F});
  EXPECT_EQ(seen.width(), 0x1p-10);
  seen.add(std::vector<float>{-2.0F});
  EXPECT_EQ(seen.width(), 0x1p-9);
}

TEST(Histogram, CountsWhatIsNotFiniteApart) {
  Histogram seen;
  seen.add(std::vector<float>{0.0F, 0.0F});
  EXPECT_EQ(seen.width(), 0);
  seen.add(std::vector<float>{std::nanf(""), std::numeric_limits<float>::infinity(), 3.0F});
  EXPECT_EQ(seen.not_finite(), 2U);
  EXPECT_EQ(seen.count(), 3U);
  EXPECT_EQ(seen.bins()[Histogram::kHalf], 2U);
  EXPECT_EQ(seen.extremes().low, 0.0F);
  EXPECT_EQ(seen.extremes().high, 3.0F);
}

}  // namespace
}  // namespace slipway::quantize
