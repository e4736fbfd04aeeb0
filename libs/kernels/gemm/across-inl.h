// Products of a few columns of one panel: sixteen rows side by side, one a lane, for each column.
// Include after dispatch.h.
#if defined(SLIPWAY_GEMM_ACROSS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_GEMM_ACROSS_INL_H
#undef SLIPWAY_GEMM_ACROSS_INL_H
#else
#define SLIPWAY_GEMM_ACROSS_INL_H
#endif

#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

inline constexpr std::size_t kAcrossColumns = 4;  // of more, a panel's sums take no more time
inline constexpr std::size_t kAcrossDepth = 64;

HWY_INLINE bool goes_across(std::size_t rows, std::size_t n, std::size_t k, std::size_t chains) {
  return rows >= kWide && n <= kAcrossColumns && k <= kAcrossDepth && chains <= 8;
}

// One column: x is [k][16], element p of b at b[p * 16].
template <std::size_t kChains>
HWY_INLINE F32x16 column_across(const float* x, const float* b, std::size_t k) {
  F32x16 sum[kChains];
  for (F32x16& each : sum) each = zero();
  std::size_t p = 0;
  for (; p + kChains <= k; p += kChains) {
    HWY_UNROLL(8)
    for (std::size_t c = 0; c < kChains; ++c)
      sum[c] = fma(b[(p + c) * kWide], load(x + (p + c) * kWide), sum[c]);
  }
  HWY_UNROLL(8)
  for (std::size_t c = 0; c + 1 < kChains; ++c) {
    if (p + c < k) sum[c] = fma(b[(p + c) * kWide], load(x + (p + c) * kWide), sum[c]);
  }
  HWY_UNROLL(4)
  for (std::size_t half = kChains / 2; half != 0; half /= 2) {
    for (std::size_t c = 0; c < half; ++c) sum[c] = add(sum[c], sum[c + half]);
  }
  return sum[0];
}

// Sixteen rows.
template <std::size_t kChains>
HWY_NOINLINE void sixteen_across(const float* a, std::size_t a_stride, const float* b,
                                 const float* bias, std::size_t n, std::size_t k, float* c,
                                 std::size_t c_stride) {
  float x[kAcrossDepth * kWide];
  for (std::size_t i = 0; i < kWide; ++i) {
    for (std::size_t p = 0; p < k; ++p) x[p * kWide + i] = a[i * a_stride + p];
  }
  for (std::size_t j = 0; j < n; ++j) {
    F32x16 sums = column_across<kChains>(x, b + j, k);
    if (bias != nullptr) sums = add(sums, set(bias[j]));
    if (c_stride == 1) {
      store(sums, c);
      continue;
    }
    float y[kWide];
    store(sums, y);
    for (std::size_t i = 0; i < kWide; ++i) c[i * c_stride + j] = y[i];
  }
}

// As many rows as whole sixteens are, with the bias where there is one; how many those were.
inline std::size_t multiply_across(const float* a, std::size_t a_stride, const float* b,
                                   const float* bias, std::size_t rows, std::size_t n,
                                   std::size_t k, std::size_t chains, float* c,
                                   std::size_t c_stride) {
  const auto sixteen = chains == 1   ? sixteen_across<1>
                       : chains == 2 ? sixteen_across<2>
                       : chains == 4 ? sixteen_across<4>
                                     : sixteen_across<8>;
  std::size_t row = 0;
  for (; row + kWide <= rows; row += kWide)
    sixteen(a + row * a_stride, a_stride, b, bias, n, k, c + row * c_stride, c_stride);
  return row;
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_GEMM_ACROSS_INL_H
