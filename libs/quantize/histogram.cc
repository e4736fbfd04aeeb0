#include "quantize/histogram.h"

#include <algorithm>
#include <cmath>

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
  if (bins_.empty()) bins_.assign(2 * kHalf, 0);
  float low = 0;
  float high = 0;
  bool is_first = count_ == 0;
  std::size_t finite = 0;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    if (finite++ == 0) low = high = value;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  not_finite_ += values.size() - finite;
  if (finite == 0) return;
  low_ = is_first ? low : std::min(low_, low);
  high_ = is_first ? high : std::max(high_, high);
  count_ += finite;
  const double greatest =
      std::max(std::abs(static_cast<double>(low)), std::abs(static_cast<double>(high)));
  if (greatest > 0) grow_to(greatest);
  if (width_ == 0) {
    bins_[kHalf] += finite;
    return;
  }
  const double scale = 1 / width_;  // exact: a power of two
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    const auto bin =
        static_cast<std::int32_t>(static_cast<double>(value) * scale + static_cast<double>(kHalf));
    ++bins_[static_cast<std::size_t>(bin)];
  }
}

}  // namespace slipway::quantize
