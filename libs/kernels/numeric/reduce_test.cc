#include "kernels/numeric/reduce.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/numeric/float_math.h"

namespace slipway::numeric {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> wave(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = static_cast<float>(std::sin(static_cast<double>(i) * 0.7) * 5);
  return values;
}

// The tree, letter by letter: pairs (j, j + 8), (j, j + 4), (j, j + 2), (j, j + 1).
float defined_sum(const std::vector<float>& x) {
  float lane[16] = {};
  for (std::size_t i = 0; i < x.size(); ++i) lane[i % 16] = lane[i % 16] + x[i];
  float eight[8];
  for (int j = 0; j < 8; ++j) eight[j] = lane[j] + lane[j + 8];
  float four[4];
  for (int j = 0; j < 4; ++j) four[j] = eight[j] + eight[j + 4];
  return (four[0] + four[2]) + (four[1] + four[3]);
}

TEST(Reduce, SumFollowsTheTree) {
  for (const std::size_t n : {0, 1, 2, 15, 16, 17, 31, 33, 100, 1000}) {
    const std::vector<float> x = wave(n);
    EXPECT_EQ(sum(x.data(), n), defined_sum(x)) << n;
    std::vector<float> spread(3 * n + 1);
    for (std::size_t i = 0; i < n; ++i) spread[3 * i] = x[i];
    EXPECT_EQ(sum(spread.data(), n, 3), defined_sum(x)) << n;
  }
  const std::vector<float> x = wave(1000);
  float in_order = 0;
  for (const float v : x) in_order += v;
  EXPECT_NE(sum(x.data(), x.size()), in_order);
}

TEST(Reduce, TrailingZerosChangeNothing) {
  const std::vector<float> x = wave(37);
  std::vector<float> padded = x;
  padded.resize(100, 0.0F);
  EXPECT_EQ(sum(x.data(), x.size()), sum(padded.data(), padded.size()));
}

TEST(Reduce, SumOfSquaresIsFused) {
  const std::vector<float> x = wave(53);
  float lane[16] = {};
  for (std::size_t i = 0; i < x.size(); ++i) lane[i % 16] = std::fma(x[i], x[i], lane[i % 16]);
  EXPECT_EQ(sum_of_squares(x.data(), x.size()), combine_lanes(lane, 16, wrapping_add<float>));
}

TEST(Reduce, MaxAndMin) {
  const std::vector<float> x = wave(100);
  EXPECT_EQ(max(x.data(), x.size()), *std::max_element(x.begin(), x.end()));
  EXPECT_EQ(min(x.data(), x.size()), *std::min_element(x.begin(), x.end()));
  EXPECT_EQ(max(x.data(), 0), -kInf);
  EXPECT_EQ(min(x.data(), 0), kInf);
  for (std::size_t at = 0; at < 40; ++at) {
    std::vector<float> with_nan = wave(40);
    with_nan[at] = kNan;
    EXPECT_TRUE(std::isnan(max(with_nan.data(), 40))) << at;
    EXPECT_TRUE(std::isnan(min(with_nan.data(), 40))) << at;
  }
  const float zeros[] = {-0.0F, 0.0F};
  EXPECT_TRUE(std::signbit(max(zeros, 2)));
  EXPECT_FALSE(std::signbit(max(zeros + 1, 1)));
}

TEST(Reduce, IntegersWrap) {
  const std::int32_t x[] = {2147483647, 1, 5};
  EXPECT_EQ(sum(x, 3), -2147483643);
  EXPECT_EQ(sum_of_squares(x, 3), 1 + 1 + 25);
  EXPECT_EQ(mean(x + 1, 2), 3);
  EXPECT_EQ(max(x, 3), 2147483647);
  EXPECT_EQ(min(x, 3), 1);
  EXPECT_EQ(max(x, 0), std::numeric_limits<std::int32_t>::lowest());
  const std::vector<std::int8_t> many(256, -1);
  EXPECT_EQ(mean(many.data(), many.size()), 0);
  const std::int8_t small[] = {100, 100};
  EXPECT_EQ(sum(small, 2), static_cast<std::int8_t>(200));
  EXPECT_EQ((product_of<std::int32_t>(
                3, [](std::size_t i) { return static_cast<std::int32_t>(i) + 65536; })),
            static_cast<std::int32_t>((65536ULL * 65537ULL * 65538ULL) & 0xFFFFFFFFULL));
}

TEST(Reduce, LogSumExp) {
  const std::vector<float> x = wave(50);
  double want = 0;
  for (const float v : x) want += std::exp(static_cast<double>(v));
  EXPECT_NEAR(log_sum_exp(x.data(), x.size()), std::log(want), 1e-6);
  const float large[] = {1000, 1000};
  EXPECT_NEAR(log_sum_exp(large, 2), 1000.6931, 1e-4);
  const float minus[] = {-kInf, -kInf};
  EXPECT_EQ(log_sum_exp(minus, 2), -kInf);
  const float plus[] = {kInf, 0};
  EXPECT_EQ(log_sum_exp(plus, 2), kInf);
}

TEST(Reduce, SoftmaxRows) {
  const std::vector<float> x = wave(37);
  std::vector<float> y(37);
  std::vector<float> z(37);
  softmax_row(x.data(), y.data(), x.size());
  log_softmax_row(x.data(), z.data(), x.size());
  const float greatest = max(x.data(), x.size());
  std::vector<float> e(37);
  for (std::size_t i = 0; i < 37; ++i) e[i] = exp(x[i] - greatest);
  const float total = defined_sum(e);
  for (std::size_t i = 0; i < 37; ++i) {
    EXPECT_EQ(y[i], e[i] * (1.0F / total)) << i;
    EXPECT_EQ(z[i], (x[i] - greatest) - log(total)) << i;
  }
  std::vector<float> in_place = x;
  softmax_row(in_place.data(), in_place.data(), x.size());
  EXPECT_EQ(in_place, y);
  // Masked elements take nothing and change nothing.
  std::vector<float> masked = x;
  masked.resize(64, -kInf);
  std::vector<float> w(64);
  softmax_row(masked.data(), w.data(), w.size());
  for (std::size_t i = 0; i < 64; ++i) EXPECT_EQ(w[i], i < 37 ? y[i] : 0.0F) << i;
}

TEST(Reduce, LayerNormRows) {
  const std::vector<float> x = wave(24);
  const std::vector<float> scale = wave(30);
  const std::vector<float> bias(scale.begin() + 6, scale.end());
  std::vector<float> plain(24);
  std::vector<float> scaled(24);
  std::vector<float> full(24);
  const Moments<float> m = layer_norm_row(x.data(), plain.data(), 24, 1, 1e-5F, {});
  layer_norm_row(x.data(), scaled.data(), 24, 1, 1e-5F, {scale.data(), nullptr, 1});
  layer_norm_row(x.data(), full.data(), 24, 1, 1e-5F, {scale.data(), bias.data(), 1});
  EXPECT_EQ(m.mean, defined_sum(x) / 24.0F);
  float lane[16] = {};
  for (std::size_t i = 0; i < 24; ++i)
    lane[i % 16] = std::fma(x[i] - m.mean, x[i] - m.mean, lane[i % 16]);
  EXPECT_EQ(m.variance, combine_lanes(lane, 16, wrapping_add<float>) / 24.0F);
  const float inverse = 1.0F / std::sqrt(m.variance + 1e-5F);
  for (std::size_t i = 0; i < 24; ++i) {
    const float normal = (x[i] - m.mean) * inverse;
    EXPECT_EQ(plain[i], normal) << i;
    EXPECT_EQ(scaled[i], normal * scale[i]) << i;
    EXPECT_EQ(full[i], std::fma(normal, scale[i], bias[i])) << i;
  }
  std::vector<float> root(24);
  rms_norm_row(x.data(), root.data(), 24, 1, 1e-5F, {scale.data(), nullptr, 0});
  const float square = sum_of_squares(x.data(), 24) / 24.0F;
  EXPECT_EQ(root[3], (x[3] * (1.0F / std::sqrt(square + 1e-5F))) * scale[0]);
}

}  // namespace
}  // namespace slipway::numeric
