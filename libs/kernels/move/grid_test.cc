#include "kernels/move/grid.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

namespace slipway {
namespace {

struct Tap {
  std::int64_t at;
  double weight;
};

double mirror(double x, double low, double high) {
  if (!(high > low)) return low;
  const double span = high - low;
  const double distance = std::fabs(x - low);
  const double rest = distance - 2 * span * std::floor(distance / (2 * span));
  return low + (rest > span ? 2 * span - rest : rest);
}

// docs/numerics.md, along one axis: in double, the nearer pixel first.
std::vector<Tap> taps_of(const GridSpec& spec, double coordinate, std::int64_t extent) {
  const auto size = static_cast<double>(extent);
  const bool aligns = spec.aligns_corners;
  const double low = aligns ? 0 : -0.5;
  const double high = aligns ? size - 1 : size - 0.5;
  double x = aligns ? (coordinate + 1) / 2 * (size - 1) : ((coordinate + 1) * size - 1) / 2;
  if (spec.is_nearest) x = std::nearbyint(x);
  const bool is_inside = x >= low && x <= high;
  const bool is_outside = x < low || x > high;
  if (spec.padding == GridPadding::kBorder && !is_inside) x = x > 0 ? size - 1 : 0;
  if (spec.padding == GridPadding::kReflection && is_outside) x = mirror(x, low, high);
  const bool reads_zero = spec.padding == GridPadding::kZeros;
  if (!(x > -4 && x < size + 4)) {
    if (reads_zero) return {};
    return {{x > 0 ? extent - 1 : 0, 1}};
  }
  std::vector<Tap> taps;
  const auto first = static_cast<std::int64_t>(std::floor(x));
  for (std::int64_t at = first; at < first + (spec.is_nearest ? 1 : 2); ++at) {
    const double weight = spec.is_nearest ? 1 : 1 - std::fabs(x - static_cast<double>(at));
    std::int64_t from = at;
    if (at < 0 || at >= extent) {
      if (reads_zero) continue;
      if (spec.padding == GridPadding::kReflection)
        from = static_cast<std::int64_t>(mirror(static_cast<double>(at), low, high));
      from = std::min(std::max<std::int64_t>(from, 0), extent - 1);
    }
    taps.push_back({from, weight});
  }
  return taps;
}

float define(const GridSpec& spec, const float* plane, const float* point) {
  float sum = 0;
  for (const Tap& row : taps_of(spec, point[1], static_cast<std::int64_t>(spec.height))) {
    for (const Tap& column : taps_of(spec, point[0], static_cast<std::int64_t>(spec.width))) {
      const std::int64_t at = row.at * static_cast<std::int64_t>(spec.width) + column.at;
      sum = std::fma(static_cast<float>(row.weight * column.weight), plane[at], sum);
    }
  }
  return sum;
}

std::vector<float> points(std::size_t count) {
  const float special[] = {-1, 1, 0, 1.5F, -1.5F, 30, -1e9F, 1e38F, INFINITY, -INFINITY, NAN, 0.5F};
  std::vector<float> grid(2 * count);
  for (std::size_t i = 0; i < grid.size(); ++i) {
    grid[i] = static_cast<float>((i * 2654435761U) % 3001) / 1000.0F - 1.5F;
    if (i % 5 == 0) grid[i] = special[i / 5 % std::size(special)];
  }
  return grid;
}

struct Image {
  std::size_t height, width, channels;
};

void expect_defined(const GridSpec& spec) {
  const std::size_t pixels = spec.height * spec.width;
  const std::size_t blocks = (spec.channels + 15) / 16;
  std::vector<float> x(spec.channels * pixels);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>((i * 40503U) % 1009) / 100.0F - 5.0F;
  x[x.size() / 2] = INFINITY;
  x[x.size() / 3] = -0.0F;
  std::vector<float> stored(blocks * pixels * 16, NAN);
  for (std::size_t c = 0; c < spec.channels; ++c) {
    for (std::size_t p = 0; p < pixels; ++p)
      stored[(c / 16 * pixels + p) * 16 + c % 16] = x[c * pixels + p];
  }
  const std::vector<float> grid = points(spec.points);
  for (const Isa isa : isas_here()) {
    std::vector<float> y(spec.channels * spec.points);
    std::vector<float> z(blocks * spec.points * 16);
    const std::size_t cut = spec.points / 3;
    for (const auto& [begin, end] : {std::pair(std::size_t{0}, cut), std::pair(cut, spec.points)}) {
      grid_kernels(isa).plain(spec, x.data(), grid.data(), y.data(), begin, end);
      grid_kernels(isa).blocked(spec, stored.data(), grid.data(), z.data(), begin, end);
    }
    for (std::size_t c = 0; c < spec.channels; ++c) {
      for (std::size_t p = 0; p < spec.points; ++p) {
        const float want = define(spec, &x[c * pixels], &grid[2 * p]);
        for (const float got :
             {y[c * spec.points + p], z[(c / 16 * spec.points + p) * 16 + c % 16]}) {
          if (std::isnan(got) && std::isnan(want)) continue;
          ASSERT_EQ(std::bit_cast<std::uint32_t>(got), std::bit_cast<std::uint32_t>(want))
              << isa_name(isa) << " channel " << c << " at " << grid[2 * p] << ", "
              << grid[2 * p + 1] << " of " << spec.height << " x " << spec.width << ", padding "
              << static_cast<int>(spec.padding) << ": " << got << ", not " << want;
        }
      }
    }
  }
}

TEST(Grid, SamplesHaveTheBitsOfTheDefinition) {
  const Image images[] = {{7, 9, 3}, {1, 1, 1}, {1, 40, 17}, {33, 2, 20}, {16, 16, 32}};
  for (const Image& image : images) {
    for (const GridPadding padding :
         {GridPadding::kZeros, GridPadding::kBorder, GridPadding::kReflection}) {
      for (int form = 0; form < 4; ++form) {
        expect_defined({(form & 1) != 0, (form & 2) != 0, padding, image.height, image.width,
                        image.channels, 150});
      }
    }
  }
}

}  // namespace
}  // namespace slipway
