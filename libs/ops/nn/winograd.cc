#include "ops/nn/winograd.h"

#include <algorithm>
#include <vector>

#include "kernels/numeric/dot.h"
#include "kernels/numeric/winograd.h"

namespace slipway {
namespace {

constexpr std::size_t kPoints = numeric::kWinogradPoints;
constexpr std::int64_t kTile = numeric::kWinogradTile;

numeric::WinogradAxis winograd_axis(const WindowAxis& axis) {
  return {static_cast<std::size_t>(axis.output), static_cast<std::size_t>(axis.kernel),
          static_cast<std::size_t>(axis.stride), static_cast<std::size_t>(axis.dilation)};
}

// One row of tiles of one image, [point][channel][tile].
class TileRow {
 public:
  explicit TileRow(const Convolution& plan)
      : height_(plan.axes[plan.axes.size() - 2]),
        width_(plan.axes.back()),
        channels_(static_cast<std::size_t>(plan.in_channels)),
        tiles_(static_cast<std::size_t>((width_.output + kTile - 1) / kTile)),
        points_(kPoints * channels_ * tiles_),
        sums_(kPoints * tiles_) {}

  void read(const float* image, std::int64_t row) {
    for (std::size_t c = 0; c < channels_; ++c, image += height_.input * width_.input) {
      for (std::size_t t = 0; t < tiles_; ++t) {
        float patch[kPoints];
        float points[kPoints];
        for (std::int64_t i = 0; i < std::int64_t{kPoints}; ++i) {
          patch[i] = value_at(image, row * kTile + i / 4 - height_.pad_begin,
                              static_cast<std::int64_t>(t) * kTile + i % 4 - width_.pad_begin);
        }
        numeric::winograd_input(patch, points);
        for (std::size_t p = 0; p < kPoints; ++p)
          points_[(p * channels_ + c) * tiles_ + t] = points[p];
      }
    }
  }

  // One output channel, whose filters' points are [point][channel], to its plane of outputs.
  void write(const float* filters, std::int64_t row, float* y) {
    std::fill(sums_.begin(), sums_.end(), 0.0F);
    for (std::size_t p = 0; p < kPoints; ++p) {
      for (std::size_t c = 0; c < channels_; ++c) {
        const std::size_t at = p * channels_ + c;
        numeric::multiply_add(filters[at], points_.data() + at * tiles_, 1,
                              sums_.data() + p * tiles_, tiles_);
      }
    }
    for (std::size_t t = 0; t < tiles_; ++t) {
      float sums[kPoints];
      float outputs[4];
      for (std::size_t p = 0; p < kPoints; ++p) sums[p] = sums_[p * tiles_ + t];
      numeric::winograd_output(sums, outputs);
      for (std::int64_t i = 0; i < 4; ++i) {
        const std::int64_t line = row * kTile + i / 2;
        const std::int64_t column = static_cast<std::int64_t>(t) * kTile + i % 2;
        if (line < height_.output && column < width_.output)
          y[line * width_.output + column] = outputs[i];
      }
    }
  }

 private:
  float value_at(const float* plane, std::int64_t line, std::int64_t column) const {
    const bool is_inside =
        line >= 0 && line < height_.input && column >= 0 && column < width_.input;
    return is_inside ? plane[line * width_.input + column] : 0.0F;
  }

  const WindowAxis& height_;
  const WindowAxis& width_;
  const std::size_t channels_;
  const std::size_t tiles_;
  std::vector<float> points_;
  std::vector<float> sums_;
};

// [output channel][point][input channel]
std::vector<float> filter_points(const Convolution& plan, const float* weights) {
  const auto channels = static_cast<std::size_t>(plan.in_channels);
  const auto filters = static_cast<std::size_t>(plan.out_channels);
  std::vector<float> points(filters * kPoints * channels);
  for (std::size_t i = 0; i < filters * channels; ++i) {
    float of_one[kPoints];
    numeric::winograd_filter(weights + i * 9, of_one);
    for (std::size_t p = 0; p < kPoints; ++p)
      points[(i / channels * kPoints + p) * channels + i % channels] = of_one[p];
  }
  return points;
}

}  // namespace

bool is_winograd(const Convolution& plan) {
  const std::size_t rank = plan.axes.size();
  if (plan.groups != 1 || rank < 2) return false;
  for (std::size_t i = 0; i + 2 < rank; ++i) {
    const WindowAxis& axis = plan.axes[i];
    if (axis.input != 1 || axis.output != 1 || axis.kernel != 1 || axis.pad_begin != 0)
      return false;
  }
  return numeric::takes_winograd(
      static_cast<std::size_t>(plan.in_channels), static_cast<std::size_t>(plan.out_channels),
      winograd_axis(plan.axes[rank - 2]), winograd_axis(plan.axes[rank - 1]));
}

void convolve_tiles(const Convolution& plan, const float* x, const float* weights,
                    const float* bias, float* y) {
  const std::vector<float> filters = filter_points(plan, weights);
  const auto per_filter = static_cast<std::int64_t>(kPoints) * plan.in_channels;
  TileRow tiles(plan);
  const std::int64_t rows = (plan.axes[plan.axes.size() - 2].output + kTile - 1) / kTile;
  for (std::int64_t image = 0; image < plan.batch; ++image) {
    float* const to = y + image * plan.out_channels * plan.out_positions;
    for (std::int64_t row = 0; row < rows; ++row) {
      tiles.read(x + image * plan.in_channels * plan.in_positions, row);
      for (std::int64_t m = 0; m < plan.out_channels; ++m)
        tiles.write(filters.data() + m * per_filter, row, to + m * plan.out_positions);
    }
    for (std::int64_t i = 0; bias != nullptr && i < plan.out_channels * plan.out_positions; ++i)
      to[i] += bias[i / plan.out_positions];
  }
}

}  // namespace slipway
