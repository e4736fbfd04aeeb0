// Products whose lanes are the chains: sixteen chains, fewer than sixteen columns, B in the layout
// [n][k up to a multiple of 16] of pack.h. Include after dispatch.h.
#if defined(SLIPWAY_GEMM_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_GEMM_LANES_INL_H
#undef SLIPWAY_GEMM_LANES_INL_H
#else
#define SLIPWAY_GEMM_LANES_INL_H
#endif

#include "kernels/gemm/tile-inl.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// The first two levels of the tree of sixteen: lane j takes in lane j + 8, then j + 4.
#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void fold_to_four(F32x16 x, float* to) {
  for (std::size_t j = 0; j < 4; ++j) {
    to[j] = (x.part[j] + x.part[j + 8]) + (x.part[j + 4] + x.part[j + 12]);
  }
}
#else
template <typename V, std::size_t kCount>
HWY_INLINE void fold_parts(const V (&part)[kCount], float* to) {
  const hn::CappedTag<float, 4> d4;
  const hn::CappedTag<float, 8> d8;
  if constexpr (kCount == 4) {
    hn::StoreU(hn::Add(hn::Add(part[0], part[2]), hn::Add(part[1], part[3])), d4, to);
  } else if constexpr (kCount == 2) {
    const auto eight = hn::Add(part[0], part[1]);
    hn::StoreU(hn::Add(hn::LowerHalf(d4, eight), hn::UpperHalf(d4, eight)), d4, to);
  } else {
    const auto eight = hn::Add(hn::LowerHalf(d8, part[0]), hn::UpperHalf(d8, part[0]));
    hn::StoreU(hn::Add(hn::LowerHalf(d4, eight), hn::UpperHalf(d4, eight)), d4, to);
  }
}
HWY_INLINE void fold_to_four(const F32x16& x, float* to) { fold_parts(x.part, to); }
#endif

// The last two: lane j of the result is (f[0] + f[2]) + (f[1] + f[3]) with f at from + 4 j.
HWY_INLINE F32x16 fold_fours(const float* from) {
  F32x16 y;
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t j = 0; j < kWide; ++j, from += 4) {
    y.part[j] = (from[0] + from[2]) + (from[1] + from[3]);
  }
#else
  for (std::size_t i = 0; i < kParts; ++i) {
    hn::Vec<DF> f0;
    hn::Vec<DF> f1;
    hn::Vec<DF> f2;
    hn::Vec<DF> f3;
    hn::LoadInterleaved4(DF(), from + i * kPartLanes * 4, f0, f1, f2, f3);
    y.part[i] = hn::Add(hn::Add(f0, f2), hn::Add(f1, f3));
  }
#endif
  return y;
}

// The first `count` floats; the lanes beyond are -0, so that a product with +0 changes no sum.
HWY_INLINE F32x16 load_end(const float* from, std::size_t count) {
  float lane[kWide];
  for (float& x : lane) x = -0.0F;
  for (std::size_t i = 0; i < count; ++i) lane[i] = from[i];
  return load(lane);
}

// folded[i][j][4] of kRows rows and kColumns columns.
template <typename W, std::size_t kRows, std::size_t kColumns>
void fold_lanes(const float* a, std::size_t a_stride, const W* b, std::size_t k, float* folded) {
  const std::size_t depth = (k + kWide - 1) / kWide * kWide;
  F32x16 acc[kRows][kColumns];
  HWY_UNROLL(16)
  for (std::size_t i = 0; i < kRows; ++i) {
    HWY_UNROLL(16)
    for (std::size_t j = 0; j < kColumns; ++j) acc[i][j] = zero();
  }
  const auto multiply = [&](const F32x16(&x)[kRows], std::size_t p) HWY_ATTR {
    HWY_UNROLL(16)
    for (std::size_t j = 0; j < kColumns; ++j) {
      const F32x16 weights = load_weights(b + j * depth + p);
      HWY_UNROLL(16)
      for (std::size_t i = 0; i < kRows; ++i) acc[i][j] = fma(x[i], weights, acc[i][j]);
    }
  };
  std::size_t p = 0;
  F32x16 x[kRows];
  for (; p + kWide <= k; p += kWide) {
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < kRows; ++i) x[i] = load(a + i * a_stride + p);
    multiply(x, p);
  }
  if (p < k) {
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < kRows; ++i) x[i] = load_end(a + i * a_stride + p, k - p);
    multiply(x, p);
  }
  HWY_UNROLL(16)
  for (std::size_t i = 0; i < kRows; ++i) {
    HWY_UNROLL(16)
    for (std::size_t j = 0; j < kColumns; ++j) {
      fold_to_four(acc[i][j], folded + (i * kWide + j) * 4);
    }
  }
}

// Rows of C, all columns.
template <typename W, std::size_t kRows>
void lane_rows(const float* a, std::size_t a_stride, const W* b, std::size_t n, std::size_t k,
               float* c, std::size_t c_stride) {
  constexpr std::size_t kMost = HWY_TARGET == HWY_SCALAR ? 1 : kParts == 1 && kRows == 1 ? 8 : 4;
  const std::size_t depth = (k + kWide - 1) / kWide * kWide;
  alignas(64) float folded[kRows * kWide * 4];
  std::size_t j = 0;
  const auto take = [&]<std::size_t kColumns>() HWY_ATTR {
    if constexpr (kColumns <= kMost) {
      for (; j + kColumns <= n; j += kColumns) {
        fold_lanes<W, kRows, kColumns>(a, a_stride, b + j * depth, k, folded + j * 4);
      }
    }
  };
  take.template operator()<8>();
  take.template operator()<4>();
  take.template operator()<2>();
  take.template operator()<1>();
  for (std::size_t i = 0; i < kRows; ++i) {
    store_first(fold_fours(folded + i * kWide * 4), c + i * c_stride, n);
  }
}

template <typename W>
void multiply_lanes(const float* a, std::size_t a_stride, const W* b, std::size_t m, std::size_t n,
                    std::size_t k, float* c, std::size_t c_stride) {
  std::size_t i = 0;
  if constexpr (HWY_TARGET != HWY_SCALAR && kParts == 1) {
    for (; i + 4 <= m; i += 4) {
      lane_rows<W, 4>(a + i * a_stride, a_stride, b, n, k, c + i * c_stride, c_stride);
    }
  }
  for (; i < m; ++i) {
    lane_rows<W, 1>(a + i * a_stride, a_stride, b, n, k, c + i * c_stride, c_stride);
  }
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_GEMM_LANES_INL_H
