// Convolution of 3 x 3 taps by Winograd's tiles of 2 x 2 outputs: which convolutions are computed
// so, and each step of it (docs/numerics.md, "Convolution"). A tile takes sixteen products for each
// channel where its outputs have thirty-six taps.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

namespace slipway::numeric {

inline constexpr std::size_t kWinogradPoints = 16;  // of a tile, 4 x 4
inline constexpr std::size_t kWinogradTile = 2;     // outputs along an axis

struct WinogradAxis {
  std::size_t output, kernel, stride, dilation;
};

// By channels, of the one group that there is, and the last two axes; others have one position.
constexpr bool takes_winograd(std::size_t in_channels, std::size_t out_channels,
                              const WinogradAxis& height, const WinogradAxis& width) {
  constexpr std::size_t kLeastChannels = 32;
  constexpr std::size_t kLeastOutputs = 8;
  for (const WinogradAxis& axis : {height, width}) {
    if (axis.kernel != 3 || axis.stride != 1 || axis.dilation != 1 || axis.output < kLeastOutputs)
      return false;
  }
  return in_channels >= kLeastChannels && out_channels >= kLeastChannels;
}

// A point of a filter, rounded once; 0 where the float is subnormal, since on some processors a
// product with such a number takes a hundred times as long.
inline float winograd_point(double x) {
  const auto point = static_cast<float>(x);
  return std::abs(point) < std::numeric_limits<float>::min() ? 0.0F : point;
}
// Points of a filter g, [3][3]: along the first axis, then along the second, in double.
inline void winograd_filter(const float* g, float* points) {
  double rows[4][3];
  for (std::size_t j = 0; j < 3; ++j) {
    const double a = static_cast<double>(g[j]);
    const double b = static_cast<double>(g[3 + j]);
    const double c = static_cast<double>(g[6 + j]);
    rows[0][j] = a;
    rows[1][j] = ((a + b) + c) * 0.5;
    rows[2][j] = ((a - b) + c) * 0.5;
    rows[3][j] = c;
  }
  for (std::size_t i = 0; i < 4; ++i) {
    const double a = rows[i][0];
    const double b = rows[i][1];
    const double c = rows[i][2];
    points[4 * i] = winograd_point(a);
    points[4 * i + 1] = winograd_point(((a + b) + c) * 0.5);
    points[4 * i + 2] = winograd_point(((a - b) + c) * 0.5);
    points[4 * i + 3] = winograd_point(c);
  }
}

// Points of a patch of the input, [4][4], zeros where it lies in the padding: along the first axis,
// then along the second.
inline void winograd_input(const float (&patch)[16], float (&points)[16]) {
  const auto along = [](const float* from, float* to, std::size_t step) {
    const float a = from[0];
    const float b = from[step];
    const float c = from[2 * step];
    const float d = from[3 * step];
    to[0] = a - c;
    to[step] = b + c;
    to[2 * step] = c - b;
    to[3 * step] = b - d;
  };
  for (std::size_t j = 0; j < 4; ++j) along(patch + j, points + j, 4);
  for (std::size_t i = 0; i < 4; ++i) along(points + 4 * i, points + 4 * i, 1);
}

// The tile's outputs, [2][2], from the sums over the channels at its points.
inline void winograd_output(const float (&sums)[16], float (&outputs)[4]) {
  float rows[2][4];
  for (std::size_t j = 0; j < 4; ++j) {
    rows[0][j] = (sums[j] + sums[4 + j]) + sums[8 + j];
    rows[1][j] = (sums[4 + j] - sums[8 + j]) - sums[12 + j];
  }
  for (std::size_t i = 0; i < 2; ++i) {
    outputs[2 * i] = (rows[i][0] + rows[i][1]) + rows[i][2];
    outputs[2 * i + 1] = (rows[i][1] - rows[i][2]) - rows[i][3];
  }
}

}  // namespace slipway::numeric
