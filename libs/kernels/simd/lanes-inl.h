// Loops over the elements of a row in the sixteen lanes of docs/numerics.md. Include after
// dispatch.h.
#if defined(SLIPWAY_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_LANES_INL_H
#undef SLIPWAY_LANES_INL_H
#else
#define SLIPWAY_LANES_INL_H
#endif

#include "kernels/simd/f32x16-inl.h"
#include "kernels/simd/math-inl.h"

// Lambdas in loops over F32x16: compiled for the target, never called.
#ifndef SLIPWAY_LAMBDA
#define SLIPWAY_LAMBDA HWY_ATTR __attribute__((always_inline))
#endif

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

// Registers of a function that are computed side by side: its steps depend on each other, and the
// processor does not look far enough ahead to overlap whole functions.
inline constexpr std::size_t kAbreast = kParts < 4 ? 4 / kParts : 1;

// Every y[i] = function(x[i]). y may be x.
template <typename Function>
HWY_INLINE void map_row(const float* x, float* y, std::size_t n, Function function) {
  std::size_t i = 0;
  for (; kAbreast != 1 && i + kAbreast * kWide <= n; i += kAbreast * kWide) {
    F32x16 v[kAbreast];
    HWY_UNROLL(4)
    for (std::size_t u = 0; u < kAbreast; ++u) v[u] = load(x + i + u * kWide);
    HWY_UNROLL(4)
    for (std::size_t u = 0; u < kAbreast; ++u) v[u] = function(v[u]);
    HWY_UNROLL(4)
    for (std::size_t u = 0; u < kAbreast; ++u) store(v[u], y + i + u * kWide);
  }
  for (; i < n; i += kWide) {
    const std::size_t count = n - i < kWide ? n - i : kWide;
    store_first(function(load_first(x + i, count)), y + i, count);
  }
}

// A greatest element; which of equal zeros is open, and so is what a NaN does.
HWY_INLINE F32x16 any_greater(F32x16 a, F32x16 b) { return raise(a, b); }

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE float any_greatest_lane(F32x16 x) {
  float y = x.part[0];
  for (std::size_t i = 1; i < kParts; ++i) y = x.part[i] > y ? x.part[i] : y;
  return y;
}
#else
template <class D>
HWY_INLINE float any_greatest_of(D d, hn::Vec<D> x) {
  if constexpr (hn::MaxLanes(D()) == 4) {
    float lane[4];
    hn::StoreU(x, d, lane);
    const float a = lane[0] > lane[1] ? lane[0] : lane[1];
    const float b = lane[2] > lane[3] ? lane[2] : lane[3];
    return a > b ? a : b;
  } else {
    const hn::Half<D> half;
    return any_greatest_of(half, hn::Max(hn::LowerHalf(half, x), hn::UpperHalf(half, x)));
  }
}
HWY_INLINE float any_greatest_lane(F32x16 x) {
  for (std::size_t i = 1; i < kParts; ++i) x.part[0] = hn::Max(x.part[0], x.part[i]);
  return any_greatest_of(DF(), x.part[0]);
}
#endif

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
               [](F32x16 l, F32x16 e) SLIPWAY_LAMBDA { return any_greater(l, e); });
  return any_greatest_lane(a);
}

// y = exp(x - greatest); the sum of all y. y may be x.
HWY_INLINE float exponentials(const float* x, float* y, std::size_t n, float greatest) {
  const F32x16 shift = set(greatest);
  F32x16 lane = zero();
  std::size_t i = 0;
  for (; kAbreast != 1 && i + kAbreast * kWide <= n; i += kAbreast * kWide) {
    F32x16 e[kAbreast];
    HWY_UNROLL(4)
    for (std::size_t u = 0; u < kAbreast; ++u) e[u] = load(x + i + u * kWide);
    HWY_UNROLL(4)
    for (std::size_t u = 0; u < kAbreast; ++u) e[u] = falling_exp(sub(e[u], shift));
    HWY_UNROLL(4)
    for (std::size_t u = 0; u < kAbreast; ++u) {
      lane = add(lane, e[u]);
      store(e[u], y + i + u * kWide);
    }
  }
  for (; i < n; i += kWide) {
    const std::size_t count = n - i < kWide ? n - i : kWide;
    const F32x16 e = falling_exp(sub(load_first(x + i, count), shift));
    lane = select(first_lanes(count), add(lane, e), lane);
    store_first(e, y + i, count);
  }
  return sum_lanes(lane);
}

HWY_INLINE void multiply_row(float* x, std::size_t n, float factor) {
  const F32x16 f = set(factor);
  map_row(x, x, n, [=](F32x16 e) SLIPWAY_LAMBDA { return mul(e, f); });
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_LANES_INL_H
