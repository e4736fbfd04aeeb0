#include "kernels/rows/extremes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace slipway {
namespace {

constexpr std::size_t kLengths[] = {1, 2, 7, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 100, 1000};
constexpr std::size_t kRows = 5;

std::vector<float> numbers(std::size_t n) {
  std::vector<float> x(kRows * n);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>((i * 2654435761U + n) % 4001) / 500.0F - 4.0F;
  return x;
}

struct Found {
  float low[kRows] = {};
  float high[kRows] = {};
};

// On one instruction set; all others give the same bits.
Found extremes(const std::vector<float>& x, std::size_t n) {
  Found first;
  extremes_kernels(isas_here().front()).rows(x.data(), kRows, n, first.low, first.high);
  for (const Isa isa : isas_here()) {
    Found found;
    extremes_kernels(isa).rows(x.data(), kRows, n, found.low, found.high);
    for (std::size_t r = 0; r < kRows; ++r) {
      const bool is_nan = std::isnan(first.low[r]);
      EXPECT_EQ(std::isnan(found.low[r]), is_nan) << isa_name(isa) << " " << n;
      EXPECT_EQ(std::isnan(found.high[r]), is_nan) << isa_name(isa) << " " << n;
      if (is_nan) continue;
      EXPECT_EQ(std::bit_cast<std::uint32_t>(found.low[r]),
                std::bit_cast<std::uint32_t>(first.low[r]))
          << isa_name(isa) << " " << n;
      EXPECT_EQ(std::bit_cast<std::uint32_t>(found.high[r]),
                std::bit_cast<std::uint32_t>(first.high[r]))
          << isa_name(isa) << " " << n;
    }
  }
  return first;
}

TEST(Extremes, AreThoseOfTheRow) {
  for (const std::size_t n : kLengths) {
    const std::vector<float> x = numbers(n);
    const Found found = extremes(x, n);
    for (std::size_t r = 0; r < kRows; ++r) {
      const auto row = x.begin() + static_cast<std::ptrdiff_t>(r * n);
      EXPECT_EQ(found.low[r], *std::min_element(row, row + static_cast<std::ptrdiff_t>(n))) << n;
      EXPECT_EQ(found.high[r], *std::max_element(row, row + static_cast<std::ptrdiff_t>(n))) << n;
    }
  }
}

TEST(Extremes, EveryPlaceCounts) {
  for (const std::size_t n : kLengths) {
    for (std::size_t at = 0; at < n; ++at) {
      std::vector<float> x(kRows * n, 1.0F);
      x[2 * n + at] = -3.0F;
      x[3 * n + at] = 5.0F;
      const Found found = extremes(x, n);
      EXPECT_EQ(found.low[2], -3.0F) << n << " at " << at;
      EXPECT_EQ(found.high[3], 5.0F) << n << " at " << at;
      EXPECT_EQ(found.low[1], 1.0F) << n << " at " << at;
    }
  }
}

TEST(Extremes, ZerosHaveNoSign) {
  std::vector<float> x(kRows * 40, 0.0F);
  for (std::size_t i = 0; i < x.size(); i += 3) x[i] = -0.0F;
  std::fill_n(x.begin(), 40, -0.0F);
  const Found found = extremes(x, 40);
  for (std::size_t r = 0; r < kRows; ++r) {
    EXPECT_EQ(std::bit_cast<std::uint32_t>(found.low[r]), 0U);
    EXPECT_EQ(std::bit_cast<std::uint32_t>(found.high[r]), 0U);
  }
}

TEST(Extremes, OneNumberThatIsNotFinite) {
  for (const float odd : {std::nanf(""), INFINITY, -INFINITY}) {
    for (const std::size_t n : kLengths) {
      for (std::size_t at = 0; at < n; at += 1 + n / 20) {
        std::vector<float> x = numbers(n);
        x[n + at] = odd;
        const Found found = extremes(x, n);
        EXPECT_TRUE(std::isnan(found.low[1]) && std::isnan(found.high[1]))
            << odd << " " << n << " at " << at;
        EXPECT_TRUE(std::isfinite(found.low[0]) && std::isfinite(found.high[2]));
      }
    }
  }
}

TEST(Extremes, OfNothing) {
  const Found found = extremes({}, 0);
  EXPECT_EQ(found.low[0], std::numeric_limits<float>::infinity());
  EXPECT_EQ(found.high[0], -std::numeric_limits<float>::infinity());
}

}  // namespace
}  // namespace slipway
