#include "kernels/pool/pool.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "kernels/numeric/reduce.h"

namespace slipway {
namespace {

struct Row {
  const char* name;
  PoolShape shape;
};

const Row kRows[] = {
    {"3 x 3, stride 2", {3, {}, {9, 5, 3, 2, 1, 1}, {11, 6, 3, 2, 1, 1}}},
    {"2 x 2, stride 2", {1, {}, {8, 4, 2, 2, 1, 0}, {6, 3, 2, 2, 1, 0}}},
    {"counts padding", {1, {}, {5, 5, 3, 1, 1, 1}, {5, 5, 3, 1, 1, 1}, true, 0, 1, 1}},
    {"rounded up", {1, {}, {6, 3, 3, 2, 1, 0}, {6, 3, 3, 2, 1, 0}, true, 0, 0, 0}},
    {"dilated", {2, {}, {1, 1, 1, 1, 1, 0}, {20, 9, 4, 2, 3, 4}}},
    {"three axes", {1, {4, 3, 3, 1, 1, 1}, {5, 5, 3, 1, 1, 1}, {3, 3, 3, 1, 1, 1}}},
    {"window in the padding", {1, {}, {}, {3, 5, 2, 2, 1, 4}}},
};

std::vector<float> numbers(std::size_t count) {
  std::vector<float> x(count);
  std::uint32_t seed = 7;
  for (float& v : x) {
    seed = seed * 1664525U + 1013904223U;
    v = static_cast<float>(static_cast<std::int32_t>(seed)) * 0x1p-31F;
    if ((seed >> 8) % 8 == 0) v = (seed >> 12) % 2 == 0 ? 0.0F : -0.0F;
    if ((seed >> 8) % 64 == 9) v = NAN;
    if ((seed >> 8) % 64 == 10) v = -INFINITY;
  }
  return x;
}

std::size_t padded_taps(const ConvAxis& axis, std::ptrdiff_t pad_end, std::size_t o) {
  std::size_t taps = 0;
  for (std::size_t k = 0; k < axis.kernel; ++k) {
    if (axis.at(o, k) < static_cast<std::ptrdiff_t>(axis.input) + pad_end) ++taps;
  }
  return taps;
}

// One output, as docs/numerics.md has it.
float defined(const PoolShape& s, const float* plane, std::size_t lane, std::size_t output,
              bool is_max) {
  const std::size_t w = output % s.width.output;
  const std::size_t h = output / s.width.output % s.height.output;
  const std::size_t d = output / s.width.output / s.height.output;
  float sum = is_max ? -INFINITY : 0.0F;
  std::size_t count = 0;
  const auto inside = [](const ConvAxis& a, std::ptrdiff_t at) {
    return at >= 0 && at < static_cast<std::ptrdiff_t>(a.input);
  };
  for (std::size_t k = 0; k < s.depth.kernel * s.height.kernel * s.width.kernel; ++k) {
    const std::ptrdiff_t x = s.width.at(w, k % s.width.kernel);
    const std::ptrdiff_t y = s.height.at(h, k / s.width.kernel % s.height.kernel);
    const std::ptrdiff_t z = s.depth.at(d, k / s.width.kernel / s.height.kernel);
    if (!inside(s.width, x) || !inside(s.height, y) || !inside(s.depth, z)) continue;
    const auto at = (static_cast<std::size_t>(z) * s.height.input + static_cast<std::size_t>(y)) *
                        s.width.input +
                    static_cast<std::size_t>(x);
    const float value = plane[at * kConvBlock + lane];
    sum = is_max ? numeric::greater_of(sum, value) : sum + value;
    ++count;
  }
  if (s.counts_padding) {
    count = padded_taps(s.depth, s.depth_pad_end, d) * padded_taps(s.height, s.height_pad_end, h) *
            padded_taps(s.width, s.width_pad_end, w);
  }
  if (is_max) return sum;
  return count == 0 ? 0.0F : sum / static_cast<float>(count);
}

void expect_same(float y, float want) {
  if (std::isnan(want) && std::isnan(y)) return;
  ASSERT_EQ(std::bit_cast<std::uint32_t>(y), std::bit_cast<std::uint32_t>(want));
}

TEST(PoolKernels, HaveTheBitsOfTheDefinition) {
  for (const Isa isa : isas_here()) {
    for (const Row& row : kRows) {
      const PoolShape& s = row.shape;
      const std::size_t outputs = s.lines() * s.width.output;
      const std::vector<float> x = numbers(s.blocks * s.in_positions() * kConvBlock);
      for (const bool is_max : {false, true}) {
        SCOPED_TRACE(testing::Message() << isa_name(isa) << ", " << row.name << ", " << is_max);
        std::vector<float> y(s.blocks * outputs * kConvBlock);
        const PoolKernel kernel = is_max ? pool_kernels(isa).max : pool_kernels(isa).average;
        const std::size_t units = s.blocks * s.lines();
        for (std::size_t u = units; u > 0; --u) kernel(s, x.data(), y.data(), u - 1, u);
        for (std::size_t i = 0; i < y.size(); ++i) {
          const float* plane = x.data() + i / kConvBlock / outputs * s.in_positions() * kConvBlock;
          expect_same(y[i], defined(s, plane, i % kConvBlock, i / kConvBlock % outputs, is_max));
        }
      }
    }
  }
}

TEST(PoolKernels, OfAllPositionsHaveTheBitsOfTheReduction) {
  for (const Isa isa : isas_here()) {
    for (const std::size_t positions : {1, 7, 16, 17, 49, 196}) {
      const std::vector<float> x = numbers(2 * positions * kConvBlock);
      std::vector<float> mean(2 * kConvBlock);
      std::vector<float> max(2 * kConvBlock);
      pool_kernels(isa).global_average(x.data(), mean.data(), positions, 0, 2);
      pool_kernels(isa).global_max(x.data(), max.data(), positions, 0, 2);
      for (std::size_t i = 0; i < mean.size(); ++i) {
        SCOPED_TRACE(testing::Message() << isa_name(isa) << ", " << positions << ", " << i);
        const float* plane = x.data() + i / kConvBlock * positions * kConvBlock + i % kConvBlock;
        expect_same(mean[i], numeric::mean(plane, positions, kConvBlock));
        expect_same(max[i], numeric::max(plane, positions, kConvBlock));
      }
    }
  }
}

}  // namespace
}  // namespace slipway
