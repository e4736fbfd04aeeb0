#include "quantize/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace slipway::quantize {

void Histogram::grow_to(double greatest) {
  // The least power of two with greatest < kHalf * width.
  int exponent = 0;
  std::frexp(greatest / static_cast<double>(kHalf), &exponent);
  const double wanted = std::ldexp(1.0, std::max(exponent, -160));
  if (width_ == 0) width_ = wanted;
  while (width_ < wanted) {
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
  float low = std::numeric_limits<float>::infinity();
  float high = -low;
  std::size_t finite = 0;
  for (const float value : values) {
    // False of NaN as well.
    const bool is_finite = std::abs(value) <= std::numeric_limits<float>::max();
    finite += is_finite ? 1 : 0;
    low = std::min(low, is_finite ? value : low);
    high = std::max(high, is_finite ? value : high);
  }
  not_finite_ += values.size() - finite;
  if (finite == 0) return;
  low_ = count_ == 0 ? low : std::min(low_, low);
  high_ = count_ == 0 ? high : std::max(high_, high);
  count_ += finite;
  if (!has_bins_) return;
  if (bins_.empty()) bins_.assign(2 * kHalf, 0);
  const double greatest =
      std::max(std::abs(static_cast<double>(low)), std::abs(static_cast<double>(high)));
  if (greatest > 0) grow_to(greatest);
  if (width_ == 0) {
    bins_[kHalf] += finite;
  } else {
    count_bins(values);
  }
}

void Histogram::count_bins(std::span<const float> values) {
  const double scale = 1 / width_;  // exact: a power of two
  for (const float value : values) {
    if (!(std::abs(value) <= std::numeric_limits<float>::max())) continue;
    const double place = static_cast<double>(value) * scale + static_cast<double>(kHalf);
    ++bins_[static_cast<std::uint32_t>(place)];
  }
}

}  // namespace slipway::quantize
