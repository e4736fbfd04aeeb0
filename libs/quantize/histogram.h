// How often values of a tensor occur, in memory that does not grow with their number.
//
// Bins are of one width and cover [-kHalf * width, kHalf * width). The width begins as the least
// power of two for which the first values fit. When a value does not fit, the width doubles as
// often as it takes, and each two neighbours that then share a bin are merged: every count stays
// exact, and what a bin covers depends on the values alone, not on their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "quantize/range.h"

namespace slipway::quantize {

class Histogram {
 public:
  static constexpr std::size_t kHalf = 2048;  // bins on either side of zero

  // Values that are not finite are counted apart. Without bins the extremes alone are kept.
  explicit Histogram(bool has_bins = true) : has_bins_(has_bins) {}
  void add(std::span<const float> values);

  bool is_empty() const { return count_ == 0; }
  std::uint64_t count() const { return count_; }
  std::uint64_t not_finite() const { return not_finite_; }
  // Of the finite values; exact.
  Range extremes() const { return {low_, high_}; }
  double width() const { return width_; }
  // 2 * kHalf counts, from the lowest bin up; bin kHalf begins at zero.
  std::span<const std::uint64_t> bins() const { return bins_; }
  double edge(std::size_t bin) const {
    return (static_cast<double>(bin) - static_cast<double>(kHalf)) * width_;
  }

 private:
  void grow_to(double greatest);

  void count_bins(std::span<const float> values);

  bool has_bins_;
  std::vector<std::uint64_t> bins_;
  double width_ = 0;  // 0: nothing but zeros so far, all in bin kHalf
  float low_ = 0, high_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t not_finite_ = 0;
};

}  // namespace slipway::quantize
