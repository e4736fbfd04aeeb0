// Which row of each of neighbouring columns wins, row by row: x is read in its order. Include after
// simd/dispatch.h.
#if defined(SLIPWAY_ABREAST_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_ABREAST_INL_H
#undef SLIPWAY_ABREAST_INL_H
#else
#define SLIPWAY_ABREAST_INL_H
#endif

#include <algorithm>
#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

inline constexpr std::size_t kAbreast = 64;

template <typename Index>
struct Abreast {
  float best[kAbreast];
  Index at[kAbreast];
};

// Of the first count <= kAbreast columns of x [length, inner]: the first row, and every later one
// that kTakesOver(its value, the best of those before).
template <bool (*kTakesOver)(float, float), typename Index>
HWY_INLINE void find_abreast(const float* x, std::size_t length, std::size_t inner,
                             std::size_t count, Abreast<Index>& found) {
  float(&best)[kAbreast] = found.best;
  Index(&at)[kAbreast] = found.at;
  std::fill(at, at + kAbreast, Index{0});
  std::copy_n(x, count, best);
  for (std::size_t i = 1; i < length; ++i) {
    const float* const row = x + i * inner;
    const auto here = static_cast<Index>(i);
    const auto step = [&](std::size_t c) HWY_ATTR {
      const bool takes = kTakesOver(row[c], best[c]);
      best[c] = takes ? row[c] : best[c];
      at[c] = takes ? here : at[c];
    };
    if (count == kAbreast) {
      HWY_UNROLL(1)
      for (std::size_t c = 0; c < kAbreast; ++c) step(c);  // a number known beforehand: in vectors
    } else {
      HWY_UNROLL(1)
      for (std::size_t c = 0; c < count; ++c) step(c);
    }
  }
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_ABREAST_INL_H
