// How often values of a tensor occur, in memory that does not grow with their number.
//
// Bins are of one width and cover [-kHalf * width, kHalf * width). The width begins as the least
// power of two for which the first values fit. When a value does not fit, the width doubles as
// often as it takes, and each two neighbours that then share a bin are merged: every count stays
// exact, and what a bin covers depends on the values alone, not on their order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "quantize/range.h"

namespace slipway::quantize {

// Of finite values; `low` above `high` where there are none.
struct Extremes {
  float low = std::numeric_limits<float>::infinity();
  float high = -std::numeric_limits<float>::infinity();
  std::size_t finite = 0;  // how many there are

  void add(const Extremes& other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
    finite += other.finite;
  }
};
Extremes extremes_of(std::span<const float> values);
// Of each row of values [rows, length]; where length is 0, `to` stays as it is.
void row_extremes(const float* values, std::size_t rows, std::size_t length, Extremes* to);

class Histogram {
 public:
  static constexpr std::size_t kHalf = 2048;  // bins on either side of zero

  // Values that are not finite are counted apart. Without bins the extremes alone are kept.
  explicit Histogram(bool has_bins = true) : has_bins_(has_bins) {}
  void add(std::span<const float> values);
  // What another one saw, as if it had been added here; both have bins, or neither.
  void add_all(const Histogram& other);

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
  void grow_to(double width);
  void count_bins(std::span<const float> values, bool are_finite);

  bool has_bins_;
  std::vector<std::uint64_t> bins_;
  double width_ = 0;  // 0: nothing but zeros so far, all in bin kHalf
  float low_ = 0, high_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t not_finite_ = 0;
};

}  // namespace slipway::quantize
