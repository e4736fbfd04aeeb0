#include "quantize/histogram.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/rows/bins.h"
#include "kernels/rows/extremes.h"

namespace slipway::quantize {
namespace {

static_assert(kBins == 2 * Histogram::kHalf);
constexpr int kLeastExponent = -120;  // of a width, whose reciprocal is a float

// False of NaN as well.
bool is_finite(float value) { return std::abs(value) <= std::numeric_limits<float>::max(); }

// The least power of two with greatest < kHalf * width.
double width_for(double greatest) {
  int exponent = 0;
  std::frexp(greatest / static_cast<double>(Histogram::kHalf), &exponent);
  return std::ldexp(1.0, std::max(exponent, kLeastExponent));
}

Extremes extremes_one_by_one(std::span<const float> values) {
  Extremes found;
  for (const float value : values) {
    if (is_finite(value)) found.add({value, value, 1});
  }
  return found;
}

}  // namespace

void row_extremes(const float* values, std::size_t rows, std::size_t length, Extremes* to) {
  constexpr std::size_t kAtOnce = 64;
  const ExtremesKernels& kernels = extremes_kernels(best_isa());
  std::array<float, kAtOnce> low, high;
  for (std::size_t from = 0; from < rows && length > 0; from += kAtOnce) {
    const std::size_t count = std::min(kAtOnce, rows - from);
    const float* const first = values + from * length;
    kernels.rows(first, count, length, low.data(), high.data());
    for (std::size_t r = 0; r < count; ++r) {
      if (is_finite(low[r])) {
        to[from + r] = {low[r], high[r], length};
      } else {
        to[from + r] = extremes_one_by_one({first + r * length, length});
      }
    }
  }
}

Extremes extremes_of(std::span<const float> values) {
  Extremes found;
  row_extremes(values.data(), 1, values.size(), &found);
  return found;
}

void Histogram::grow_to(double width) {
  if (width_ == 0) width_ = width;
  while (width_ < width) {
    width_ *= 2;
    // Away from zero on both sides: bins kHalf + 2i and kHalf + 2i + 1 become kHalf + i.
    for (std::size_t i = 0; i < kHalf / 2; ++i) {
      bins_[kHalf + i] = bins_[kHalf + 2 * i] + bins_[kHalf + 2 * i + 1];
      bins_[kHalf - 1 - i] = bins_[kHalf - 1 - 2 * i] + bins_[kHalf - 2 - 2 * i];
    }
    std::fill_n(bins_.begin(), kHalf / 2, 0);
    std::fill_n(bins_.end() - kHalf / 2, kHalf / 2, 0);
  }
}

void Histogram::add(std::span<const float> values) {
  const Extremes found = extremes_of(values);
  not_finite_ += values.size() - found.finite;
  if (found.finite == 0) return;
  low_ = count_ == 0 ? found.low : std::min(low_, found.low);
  high_ = count_ == 0 ? found.high : std::max(high_, found.high);
  count_ += found.finite;
  if (!has_bins_) return;
  if (bins_.empty()) bins_.assign(2 * kHalf, 0);
  const double greatest =
      std::max(std::abs(static_cast<double>(found.low)), std::abs(static_cast<double>(found.high)));
  if (greatest > 0) grow_to(width_for(greatest));
  if (width_ == 0) {
    bins_[kHalf] += found.finite;
  } else {
    count_bins(values, found.finite == values.size());
  }
}

void Histogram::add_all(const Histogram& other) {
  not_finite_ += other.not_finite_;
  if (other.count_ == 0) return;
  low_ = count_ == 0 ? other.low_ : std::min(low_, other.low_);
  high_ = count_ == 0 ? other.high_ : std::max(high_, other.high_);
  count_ += other.count_;
  if (!has_bins_) return;
  if (bins_.empty()) bins_.assign(2 * kHalf, 0);
  Histogram wide = other;
  const double width = std::max(width_, other.width_);
  if (width > 0) {
    grow_to(width);
    wide.grow_to(width);
  }
  for (std::size_t i = 0; i < bins_.size(); ++i) bins_[i] += wide.bins_[i];
}

void Histogram::count_bins(std::span<const float> values, bool are_finite) {
  const auto scale = static_cast<float>(1 / width_);  // exact: a power of two
  const BinKernels& kernels = bin_kernels(best_isa());
  if (are_finite) return kernels.count(values.data(), values.size(), scale, bins_.data());
  for (const float& value : values) {
    if (is_finite(value)) kernels.count(&value, 1, scale, bins_.data());
  }
}

}  // namespace slipway::quantize
