// Loops over the elements of a row in the sixteen lanes of docs/numerics.md. Include after
// f32x16-inl.h.
#if defined(SLIPWAY_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_LANES_INL_H
#undef SLIPWAY_LANES_INL_H
#else
#define SLIPWAY_LANES_INL_H
#endif

#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// The lanes below `count`.
HWY_INLINE M16 first_lanes(std::size_t count) {
  alignas(64) static constexpr float kIndex[kWide] = {0, 1, 2,  3,  4,  5,  6,  7,
                                                      8, 9, 10, 11, 12, 13, 14, 15};
  return greater(set(static_cast<float>(count)), load(kIndex));
}

// lane = step(lane, element) for every element in its lane, lanes beyond the last element kept.
template <typename Step>
HWY_INLINE F32x16 over_row(const float* x, std::size_t n, F32x16 lane, Step step) {
  std::size_t i = 0;
  for (; i + kWide <= n; i += kWide) lane = step(lane, load(x + i));
  if (i == n) return lane;
  return select(first_lanes(n - i), step(lane, load_first(x + i, n - i)), lane);
}

// Every y[i] = function(x[i]). y may be x.
template <typename Function>
HWY_INLINE void map_row(const float* x, float* y, std::size_t n, Function function) {
  std::size_t i = 0;
  for (; i + kWide <= n; i += kWide) store(function(load(x + i)), y + i);
  if (i < n) store_first(function(load_first(x + i, n - i)), y + i, n - i);
}

// A greatest element; which of equal zeros is open, and so is what a NaN does.
HWY_INLINE F32x16 any_greater(F32x16 a, F32x16 b) { return select(greater(a, b), a, b); }

HWY_INLINE float any_greatest_lane(F32x16 x) {
  float lane[kWide];
  store(x, lane);
  for (std::size_t half = kWide / 2; half != 0; half /= 2) {
    for (std::size_t j = 0; j < half; ++j) {
      lane[j] = lane[j] > lane[j + half] ? lane[j] : lane[j + half];
    }
  }
  return lane[0];
}

HWY_INLINE float any_greatest(const float* x, std::size_t n) {
  const F32x16 lowest = set(-HUGE_VALF);
  F32x16 a = lowest;
  F32x16 b = lowest;
  std::size_t i = 0;
  for (; i + 2 * kWide <= n; i += 2 * kWide) {
    a = any_greater(a, load(x + i));
    b = any_greater(b, load(x + i + kWide));
  }
  a = over_row(x + i, n - i, any_greater(a, b),
               [](F32x16 l, F32x16 e) HWY_ATTR { return any_greater(l, e); });
  return any_greatest_lane(a);
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_LANES_INL_H
