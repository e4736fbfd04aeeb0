#include "kernels/numeric/remainder.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace slipway::numeric {
namespace {

void expect_fmod(float a, float b) {
  const float want = std::fmod(a, b);
  const float y = numeric::fmod(a, b);
  if (std::isnan(want) && std::isnan(y)) return;
  ASSERT_EQ(std::bit_cast<std::uint32_t>(y), std::bit_cast<std::uint32_t>(want))
      << a << " by " << b << " leaves " << y << ", not " << want;
}

TEST(Remainder, IsThatOfTheLibrary) {
  std::vector<float> x = {NAN, INFINITY, 0.0F, 0x1p-149F, 0x1p-126F, 0x1.fffffep127F};
  for (const float scale : {1.0F, 3.0F, 0.1F, 0x1p-140F, 0x1p28F, 0x1.8p29F, 0x1p100F}) {
    for (const float k : {1.0F, 2.0F, 5.0F, 7.0F, 1000.0F}) {
      x.push_back(k * scale);
      x.push_back(std::nextafter(k * scale, 0.0F));
      x.push_back(std::nextafter(k * scale, INFINITY));
    }
  }
  const std::size_t count = x.size();
  for (std::size_t i = 0; i < count; ++i) x.push_back(-x[i]);
  for (const float a : x) {
    for (const float b : x) expect_fmod(a, b);
  }
}

// Floats of any bits, and pairs that are close to each other.
TEST(Remainder, IsThatOfTheLibraryForAnyBits) {
  std::uint32_t state = 1;
  const auto next = [&] {
    state = state * 1664525U + 1013904223U;
    return state ^ (state >> 15U);
  };
  for (int i = 0; i < 300000; ++i) {
    const std::uint32_t a = next();
    const std::uint32_t b = next();
    expect_fmod(std::bit_cast<float>(a), std::bit_cast<float>(b));
    const std::uint32_t near = (a & 0xFF800000U) - ((b & 31U) << 23U);
    expect_fmod(std::bit_cast<float>(a), std::bit_cast<float>(near | (b >> 9U)));
  }
}

}  // namespace
}  // namespace slipway::numeric
