// Tiles of a product: a few rows of A against a few panels of B, the sums in registers. Include
// after dispatch.h.
#if defined(SLIPWAY_GEMM_TILE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_GEMM_TILE_INL_H
#undef SLIPWAY_GEMM_TILE_INL_H
#else
#define SLIPWAY_GEMM_TILE_INL_H
#endif

#include "kernels/gemm/pack.h"
#include "kernels/only.h"
#include "kernels/simd/f32x16-inl.h"
#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// Half and bfloat16 as stored.
enum class Half : std::uint16_t {};
enum class Bfloat16 : std::uint16_t {};

HWY_INLINE F32x16 load_weights(const float* from) { return load(from); }
HWY_INLINE F32x16 load_weights(const Half* from) {
  return load_half(reinterpret_cast<const std::uint16_t*>(from));
}
HWY_INLINE F32x16 load_weights(const Bfloat16* from) {
  return load_bfloat16(reinterpret_cast<const std::uint16_t*>(from));
}
HWY_INLINE F32x16 load_weights(const std::int8_t* from) { return load_i8(from); }

// body.operator()<W>() with the C++ type of weights as stored.
template <typename Body>
HWY_INLINE void visit_weights(WeightType type, Body body) {
  if constexpr (kHasNarrowWeights) {
    if (type == WeightType::kF16) return body.template operator()<Half>();
    if (type == WeightType::kBf16) return body.template operator()<Bfloat16>();
    if (type == WeightType::kI8) return body.template operator()<std::int8_t>();
  }
  return body.template operator()<float>();
}

// Elements p = first, first + step, ... below k are one pass; they go to its chains in turn. All
// columns of the panels are written.
struct TileCall {
  const float* a;
  std::size_t a_stride;
  const void* b;
  std::size_t b_row_stride, b_panel_stride;  // in elements
  std::size_t first, step, k;
  float* c;
  std::size_t c_stride;
  bool adds_to_c;  // sums start from C instead of zero; one chain only

  // Of the last part of a product, in registers; each may be null.
  const float* bias = nullptr;    // of each column
  const float* addend = nullptr;  // of each element
  std::size_t addend_stride = 0;
  bool is_clamped = false;  // within [low, high], + zero
  float low = 0, high = 0, zero = 0;
};

using Tile = void (*)(const TileCall&);

template <typename W, std::size_t kRows, std::size_t kPanels>
HWY_INLINE void multiply_add(const float* a, std::size_t a_stride, const W* b,
                             std::size_t b_panel_stride, F32x16 (&acc)[kRows][kPanels]) {
  F32x16 weights[kPanels];
  HWY_UNROLL(16)
  for (std::size_t p = 0; p < kPanels; ++p) weights[p] = load_weights(b + p * b_panel_stride);
  HWY_UNROLL(16)
  for (std::size_t i = 0; i < kRows; ++i) {
    const F32x16 x = set(a[i * a_stride]);
    HWY_UNROLL(16)
    for (std::size_t p = 0; p < kPanels; ++p) acc[i][p] = fma(x, weights[p], acc[i][p]);
  }
}

// (x + bias) + addend within the clamp.
template <std::size_t kRows, std::size_t kPanels>
HWY_INLINE void finish_in_registers(const TileCall& call, F32x16 (&x)[kRows][kPanels]) {
  if (call.bias != nullptr) {
    HWY_UNROLL(16)
    for (std::size_t p = 0; p < kPanels; ++p) {
      const F32x16 bias = load(call.bias + p * kWide);
      HWY_UNROLL(16)
      for (std::size_t i = 0; i < kRows; ++i) x[i][p] = add(x[i][p], bias);
    }
  }
  if (call.addend != nullptr) {
    const float* addend = call.addend;
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < kRows; ++i, addend += call.addend_stride) {
      HWY_UNROLL(16)
      for (std::size_t p = 0; p < kPanels; ++p) x[i][p] = add(x[i][p], load(addend + p * kWide));
    }
  }
  if (call.is_clamped) {
    const F32x16 low = set(call.low);
    const F32x16 high = set(call.high);
    const F32x16 zeros = set(call.zero);
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < kRows; ++i) {
      HWY_UNROLL(16)
      for (std::size_t p = 0; p < kPanels; ++p)
        x[i][p] = add(lower(raise(x[i][p], low), high), zeros);
    }
  }
}

template <typename W, std::size_t kRows, std::size_t kPanels, std::size_t kChains>
void tile(const TileCall& call) {
  F32x16 acc[kChains][kRows][kPanels];
  HWY_UNROLL(16)
  for (std::size_t g = 0; g < kChains; ++g) {
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < kRows; ++i) {
      HWY_UNROLL(16)
      for (std::size_t p = 0; p < kPanels; ++p) acc[g][i][p] = zero();
    }
  }
  if (kChains == 1 && call.adds_to_c) {
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < kRows; ++i) {
      HWY_UNROLL(16)
      for (std::size_t p = 0; p < kPanels; ++p) {
        acc[0][i][p] = load(call.c + i * call.c_stride + p * kWide);
      }
    }
  }
  const std::size_t a_stride = call.a_stride;
  const std::size_t panel_stride = call.b_panel_stride;
  const std::size_t b_step = call.step * call.b_row_stride;
  const float* a = call.a + call.first;
  const W* b = static_cast<const W*>(call.b) + call.first * call.b_row_stride;
  std::size_t count = call.first < call.k ? (call.k - call.first + call.step - 1) / call.step : 0;
  for (; count >= kChains; count -= kChains) {
    HWY_UNROLL(16)
    for (std::size_t g = 0; g < kChains; ++g) {
      multiply_add(a, a_stride, b, panel_stride, acc[g]);
      a += call.step;
      b += b_step;
    }
  }
  HWY_UNROLL(16)
  for (std::size_t g = 0; g + 1 < kChains; ++g) {
    if (g < count) {
      multiply_add(a, a_stride, b, panel_stride, acc[g]);
      a += call.step;
      b += b_step;
    }
  }
  // The addresses of C are worked out after the loop, not kept beside the sums.
  asm volatile("" ::: "memory");
  HWY_UNROLL(4)
  for (std::size_t half = kChains / 2; half != 0; half /= 2) {
    HWY_UNROLL(8)
    for (std::size_t g = 0; g < half; ++g) {
      HWY_UNROLL(16)
      for (std::size_t i = 0; i < kRows; ++i) {
        HWY_UNROLL(16)
        for (std::size_t p = 0; p < kPanels; ++p) {
          acc[g][i][p] = add(acc[g][i][p], acc[g + half][i][p]);
        }
      }
    }
  }
  finish_in_registers(call, acc[0]);
  float* const c = call.c;
  const std::size_t c_stride = call.c_stride;
  HWY_UNROLL(16)
  for (std::size_t i = 0; i < kRows; ++i) {
    HWY_UNROLL(16)
    for (std::size_t p = 0; p < kPanels; ++p) store(acc[0][i][p], c + i * c_stride + p * kWide);
  }
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_GEMM_TILE_INL_H
