#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows/extremes.cc"
#include "kernels/rows/extremes.h"

#include <limits>

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

struct Reached {
  F32x16 low;
  F32x16 high;
  F32x16 differences;  // of each number from itself: 0, or NaN
};

HWY_INLINE Reached nothing() {
  return {set(std::numeric_limits<float>::infinity()), set(-std::numeric_limits<float>::infinity()),
          zero()};
}

HWY_INLINE void take(Reached& reached, F32x16 x) {
  reached.low = select(greater(reached.low, x), x, reached.low);
  reached.high = select(greater(x, reached.high), x, reached.high);
  reached.differences = add(reached.differences, sub(x, x));
}

// Numbers may count twice: sixteen that overlap, or a few over and over.
HWY_INLINE F32x16 load_again(const float* x, std::size_t n) {
  float lane[kWide];
  for (std::size_t i = 0; i < kWide; ++i) lane[i] = x[i < n ? i : n - 1];
  return load(lane);
}

void rows(const float* x, std::size_t rows, std::size_t n, float* low, float* high) {
  for (std::size_t r = 0; r < rows; ++r, x += n) {
    Reached a = nothing();
    Reached b = nothing();
    std::size_t i = 0;
    for (; i + 2 * kWide <= n; i += 2 * kWide) {
      take(a, load(x + i));
      take(b, load(x + i + kWide));
    }
    if (i + kWide <= n) {
      take(a, load(x + i));
      i += kWide;
    }
    if (i < n) take(b, n >= kWide ? load(x + n - kWide) : load_again(x, n));
    float lows[kWide];
    float highs[kWide];
    store(select(greater(a.low, b.low), b.low, a.low), lows);
    store(select(greater(b.high, a.high), b.high, a.high), highs);
    for (std::size_t half = kWide / 2; half != 0; half /= 2) {
      for (std::size_t k = 0; k < half; ++k) {
        lows[k] = lows[k + half] < lows[k] ? lows[k + half] : lows[k];
        highs[k] = highs[k + half] > highs[k] ? highs[k + half] : highs[k];
      }
    }
    // A sum with +0 has no -0.
    const float difference = sum_lanes(add(a.differences, b.differences));
    low[r] = lows[0] + difference;
    high[r] = highs[0] + difference;
  }
}

constexpr ExtremesKernels kTable = {rows};

}  // namespace
const ExtremesKernels& extremes_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(ExtremesKernels, extremes_kernels, extremes_table)
}  // namespace slipway
#endif
