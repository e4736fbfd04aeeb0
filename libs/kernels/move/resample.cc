#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/move/resample.cc"
#include "kernels/move/resample.h"

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// One output position: all inner elements.
HWY_INLINE void blend_rows(const Resampling& axis, std::size_t at, const float* x, float* y,
                           std::size_t inner) {
  for (std::size_t i = 0; i < inner; i += kWide) {
    const std::size_t count = inner - i < kWide ? inner - i : kWide;
    F32x16 acc = zero();
    for (std::size_t t = at; t < at + axis.width; ++t) {
      const float weight = axis.weights[t];
      if (weight == 0.0F) continue;
      const float* const row = x + static_cast<std::size_t>(axis.positions[t]) * inner;
      acc = fma(weight, load_first(row + i, count), acc);
    }
    store_first(acc, y + i, count);
  }
}

// The axis is the last: elements are single.
HWY_INLINE void blend_elements(const Resampling& axis, const float* x, float* y) {
  for (std::size_t o = 0; o < axis.out; ++o) {
    float acc = 0.0F;
    for (std::size_t t = o * axis.width; t < (o + 1) * axis.width; ++t) {
      if (axis.weights[t] == 0.0F) continue;
      acc = __builtin_fmaf(axis.weights[t], x[axis.positions[t]], acc);
    }
    y[o] = acc;
  }
}

void resample(const Resampling& axis, const float* x, float* y, std::size_t inner,
              std::size_t begin, std::size_t end) {
  for (std::size_t o = begin; o < end; ++o) {
    const float* const from = x + o * axis.in * inner;
    float* const to = y + o * axis.out * inner;
    if (inner == 1) {
      blend_elements(axis, from, to);
      continue;
    }
    for (std::size_t i = 0; i < axis.out; ++i) {
      blend_rows(axis, i * axis.width, from, to + i * inner, inner);
    }
  }
}

constexpr ResampleKernels kTable = {resample};

}  // namespace
const ResampleKernels& resample_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(ResampleKernels, resample_kernels, resample_table)
}  // namespace slipway
#endif
