#include "quantize/range.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "quantize/histogram.h"
#include "quantize/scaling.h"

namespace slipway::quantize {
namespace {

constexpr Method kMethods[] = {Method::kMinMax, Method::kEntropy, Method::kPercentile,
                               Method::kMse};

Histogram histogram_of(const std::vector<float>& values) {
  Histogram seen;
  seen.add(values);
  return seen;
}

// Normal numbers, and a few far away.
std::vector<float> with_outliers(unsigned seed, bool is_one_sided) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> values;
  for (int i = 0; i < 20000; ++i)
    values.push_back(is_one_sided ? std::max(normal(random), 0.0F) : normal(random));
  values.push_back(60.0F);
  return values;
}

double squared_error(const std::vector<float>& values, const Range& range, bool is_symmetric) {
  const Scale scale = activation_scale(range, DType::kInt8, is_symmetric);
  double error = 0;
  for (const float x : values) {
    const double q = std::clamp(std::nearbyint(static_cast<double>(x) / scale.scale) + scale.zero,
                                -128.0, 127.0);
    const double back = (q - scale.zero) * scale.scale;
    error += (back - x) * (back - x);
  }
  return error;
}

TEST(Range, HoldsZeroAndNoMoreThanWasSeen) {
  for (const Method method : kMethods) {
    SCOPED_TRACE(name(method));
    for (const bool is_symmetric : {false, true}) {
      for (const auto& values : {std::vector<float>{2.0F, 3.0F}, std::vector<float>{-5.0F, -4.0F},
                                 with_outliers(1, true), with_outliers(2, false)}) {
        const Range range = choose_range(histogram_of(values), method, 99.9, 256, is_symmetric);
        const float low = std::min(*std::ranges::min_element(values), 0.0F);
        const float high = std::max(*std::ranges::max_element(values), 0.0F);
        const float bound = std::max(-low, high);
        EXPECT_LE(range.low, 0.0F);
        EXPECT_GE(range.high, 0.0F);
        EXPECT_GT(range.high - range.low, 0.0F);
        EXPECT_GE(range.low, is_symmetric ? -bound : low);
        EXPECT_LE(range.high, is_symmetric ? bound : high);
        EXPECT_TRUE(!is_symmetric || range.low == -range.high);
      }
    }
    EXPECT_EQ(choose_range(Histogram(), method, 99.9, 256, false), Range());
    EXPECT_EQ(choose_range(histogram_of({0.0F, 0.0F}), method, 99.9, 256, false), Range());
  }
}

TEST(Range, MinMaxIsWhatWasSeen) {
  EXPECT_EQ(choose_range(histogram_of({-1.5F, 0.25F, 7.0F}), Method::kMinMax, 0, 256, false),
            (Range{-1.5F, 7.0F}));
  EXPECT_EQ(choose_range(histogram_of({-1.5F, 0.25F, 7.0F}), Method::kMinMax, 0, 256, true),
            (Range{-7.0F, 7.0F}));
}

TEST(Range, PercentileKeepsTheShareToABin) {
  const std::vector<float> values = with_outliers(3, false);
  const Histogram seen = histogram_of(values);
  std::vector<float> sorted = values;
  std::ranges::sort(sorted);
  for (const double percentile : {99.0, 99.9, 99.99}) {
    SCOPED_TRACE(percentile);
    const Range range = choose_range(seen, Method::kPercentile, percentile, 256, false);
    const auto outside =
        std::ranges::count_if(values, [&](float x) { return x < range.low || x > range.high; });
    EXPECT_LE(static_cast<double>(outside),
              (1 - percentile / 100) * static_cast<double>(values.size()));
    // One bin less at either end would leave out too many.
    const auto width = static_cast<float>(seen.width());
    const double half = (1 - percentile / 100) * static_cast<double>(values.size()) / 2;
    EXPECT_GT(std::ranges::count_if(values, [&](float x) { return x < range.low + width; }), half);
    EXPECT_GT(std::ranges::count_if(values, [&](float x) { return x >= range.high - width; }),
              half);
  }
}

TEST(Range, AnOutlierDoesNotSetTheScale) {
  for (const Method method : {Method::kEntropy, Method::kPercentile}) {
    SCOPED_TRACE(name(method));
    for (const bool is_one_sided : {false, true}) {
      const Range range =
          choose_range(histogram_of(with_outliers(4, is_one_sided)), method, 99.99, 256, false);
      EXPECT_LT(range.high, 30.0F);
      EXPECT_GT(range.high, 2.0F);
    }
  }
}

TEST(Range, MseLosesLessThanAnyOtherWay) {
  for (const unsigned seed : {5U, 6U, 7U}) {
    SCOPED_TRACE(seed);
    for (const bool is_one_sided : {false, true}) {
      for (const bool is_symmetric : {false, true}) {
        std::vector<float> values = with_outliers(seed, is_one_sided);
        if (seed == 6) values.pop_back();
        const Histogram seen = histogram_of(values);
        const double least = squared_error(
            values, choose_range(seen, Method::kMse, 0, 256, is_symmetric), is_symmetric);
        for (const Method method : kMethods) {
          const Range other = choose_range(seen, method, 99.99, 256, is_symmetric);
          // The histogram knows a value to a bin.
          EXPECT_LE(least, 1.03 * squared_error(values, other, is_symmetric)) << name(method);
        }
      }
    }
  }
}

}  // namespace
}  // namespace slipway::quantize
