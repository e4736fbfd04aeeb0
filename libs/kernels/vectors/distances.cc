#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/vectors/distances.cc"
#include "kernels/vectors/distances.h"

#include <algorithm>

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

constexpr std::size_t kAbreast = 4;  // lanes of the tree that are summed side by side

HWY_INLINE F32x16 add_square(float x, const float* v, F32x16 sum) {
  const F32x16 difference = sub(set(x), load(v));
  return fma(difference, difference, sum);
}

// Lanes `first` .. first + 3 of the tree of all sixteen vectors of a panel.
HWY_INLINE void sum_lanes_of(const float* x, std::size_t k, const float* panel, std::size_t first,
                             F32x16 (&lane)[kAbreast]) {
  F32x16 a = zero();
  F32x16 b = zero();
  F32x16 c = zero();
  F32x16 d = zero();
  std::size_t i = first;
  for (; i + kAbreast <= k; i += kWide) {
    a = add_square(x[i], panel + i * kWide, a);
    b = add_square(x[i + 1], panel + (i + 1) * kWide, b);
    c = add_square(x[i + 2], panel + (i + 2) * kWide, c);
    d = add_square(x[i + 3], panel + (i + 3) * kWide, d);
  }
  if (i < k) a = add_square(x[i], panel + i * kWide, a);
  if (i + 1 < k) b = add_square(x[i + 1], panel + (i + 1) * kWide, b);
  if (i + 2 < k) c = add_square(x[i + 2], panel + (i + 2) * kWide, c);
  lane[0] = a;
  lane[1] = b;
  lane[2] = c;
  lane[3] = d;
}

// Lanes beyond the k-th are +0, and squares are not -0: they are left out of the tree.
HWY_INLINE F32x16 squared_of_panel(const float* x, std::size_t k, const float* panel) {
  F32x16 sum[kAbreast];
  sum_lanes_of(x, k, panel, 0, sum);
  if (k > 4) {
    F32x16 more[kAbreast];
    if (k > 8) {
      sum_lanes_of(x, k, panel, 8, more);
      for (std::size_t j = 0; j < kAbreast; ++j) sum[j] = add(sum[j], more[j]);
    }
    F32x16 high[kAbreast];
    sum_lanes_of(x, k, panel, 4, high);
    if (k > 12) {
      sum_lanes_of(x, k, panel, 12, more);
      for (std::size_t j = 0; j < kAbreast; ++j) high[j] = add(high[j], more[j]);
    }
    for (std::size_t j = 0; j < kAbreast; ++j) sum[j] = add(sum[j], high[j]);
  }
  return add(add(sum[0], sum[2]), add(sum[1], sum[3]));
}

// Panels outside: one stays in the first cache while all rows meet it.
void squared(const DistancesCall& call) {
  for (std::size_t first = 0; first < call.n; first += kWide) {
    const float* const panel = call.vectors + first * call.k;
    const std::size_t count = std::min(kWide, call.n - first);
    for (std::size_t row = 0; row < call.rows; ++row) {
      const F32x16 sum = squared_of_panel(call.x + row * call.k, call.k, panel);
      store_first(sum, call.y + row * call.y_stride + first, count);
    }
  }
}

constexpr DistanceKernels kTable = {squared};

}  // namespace
const DistanceKernels& distance_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(DistanceKernels, distance_kernels, distance_table)
}  // namespace slipway
#endif
