#include "kernels/pool/byte_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "kernels/conv/conv_test_case.h"
#include "kernels/numeric/reduce.h"
#include "kernels/numeric/round.h"

namespace slipway {
namespace {

std::vector<std::uint8_t> bytes(std::size_t count) {
  std::vector<std::uint8_t> x(count);
  std::uint32_t seed = 7;
  for (std::uint8_t& v : x) {
    seed = seed * 1664525U + 1013904223U;
    v = static_cast<std::uint8_t>(seed >> 24U);
  }
  return x;
}

struct PoolCase {
  const char* name;
  ConvAxis depth, height, width;
};

TEST(BytePool, GivesTheGreatestTap) {
  const ConvAxis one{};
  const PoolCase rows[] = {
      {"3 x 3", one, conv_axis(9, 3, 2, 1, 1, 1), conv_axis(17, 3, 2, 1, 1, 1)},
      {"one position", one, one, conv_axis(1, 3, 1, 1, 1, 1)},
      {"dilated", one, conv_axis(9, 2, 1, 3, 0, 2), conv_axis(8, 3, 1, 2, 2, 2)},
      {"three axes", conv_axis(4, 2, 2, 1, 1, 1), conv_axis(5, 2, 1, 1, 0, 0),
       conv_axis(6, 2, 3, 1, 0, 1)},
  };
  for (const PoolCase& row : rows) {
    PoolShape shape;
    shape.blocks = 3;
    shape.depth = row.depth;
    shape.height = row.height;
    shape.width = row.width;
    const std::size_t lines = shape.blocks * shape.lines();
    const auto x = bytes(shape.blocks * shape.in_positions() * kConvBlock);
    std::vector<std::uint8_t> want(lines * shape.width.output * kConvBlock, 0);
    for (std::size_t i = 0; i < want.size(); ++i) {
      const std::size_t position = i / kConvBlock;
      const std::size_t line = position / shape.width.output;
      const std::size_t image = line / shape.lines();
      const std::size_t d = line % shape.lines() / shape.height.output;
      const std::size_t h = line % shape.height.output;
      const Range depths = taps_inside(shape.depth, d);
      const Range heights = taps_inside(shape.height, h);
      const Range widths = taps_inside(shape.width, position % shape.width.output);
      for (std::size_t a = depths.begin; a < depths.end; ++a) {
        for (std::size_t b = heights.begin; b < heights.end; ++b) {
          for (std::size_t c = widths.begin; c < widths.end; ++c) {
            const auto at =
                (static_cast<std::size_t>(shape.depth.at(d, a)) * shape.height.input +
                 static_cast<std::size_t>(shape.height.at(h, b))) *
                    shape.width.input +
                static_cast<std::size_t>(shape.width.at(position % shape.width.output, c));
            want[i] = std::max(
                want[i], x[(image * shape.in_positions() + at) * kConvBlock + i % kConvBlock]);
          }
        }
      }
    }
    for (const Isa isa : isas_here()) {
      std::vector<std::uint8_t> y(want.size(), 1);
      for (std::size_t u = lines; u > 0; --u)
        byte_pool_kernels(isa).max(shape, x.data(), y.data(), u - 1, u);
      EXPECT_EQ(y, want) << row.name << " on " << isa_name(isa);
    }
  }
}

TEST(BytePool, AveragesHaveTheBitsOfTheDefinition) {
  const ByteAverage rows[] = {
      {117, 0.02F, 3, 0.011F}, {0, 1.5F, 200, 0.9F}, {255, 0.1F, 255, 1e-9F}};
  for (const ByteAverage& row : rows) {
    for (const std::size_t positions : {1, 5, 16, 17, 49, 100}) {
      constexpr std::size_t kBlocks = 3;
      const auto x = bytes(kBlocks * positions * kConvBlock);
      std::vector<std::uint8_t> want(kBlocks * kConvBlock);
      for (std::size_t i = 0; i < want.size(); ++i) {
        std::vector<float> plane(positions);
        for (std::size_t p = 0; p < positions; ++p) {
          const std::size_t at = (i / kConvBlock * positions + p) * kConvBlock + i % kConvBlock;
          plane[p] = numeric::dequantize(x[at], row.x_zero, row.x_scale);
        }
        const float mean = numeric::mean(plane.data(), positions);
        want[i] = static_cast<std::uint8_t>(
            numeric::quantize(mean, row.y_scale, row.y_zero, numeric::kUint8Range));
      }
      for (const Isa isa : isas_here()) {
        std::vector<std::uint8_t> y(want.size(), 1);
        for (std::size_t b = kBlocks; b > 0; --b)
          byte_pool_kernels(isa).global_average(row, x.data(), y.data(), positions, b - 1, b);
        EXPECT_EQ(y, want) << positions << " positions on " << isa_name(isa);
      }
    }
  }
}

}  // namespace
}  // namespace slipway
