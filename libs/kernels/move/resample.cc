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

// The axis is the last: elements are single, and are gathered into vectors. Of so many outputs, of
// several rows where these are short, the taps are laid out once for all rows.
constexpr std::size_t kTogether = 4 * kWide;
constexpr std::size_t kMostTaps = 8;

struct Taps {
  std::int32_t positions[kMostTaps][kTogether] = {};
  float weights[kMostTaps][kTogether] = {};
};

// Outputs first .. first + count of neighbouring rows.
HWY_INLINE Taps taps_of(const Resampling& axis, std::size_t first, std::size_t count) {
  Taps taps;
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = static_cast<std::int32_t>((first + i) / axis.out * axis.in);
    const std::size_t at = (first + i) % axis.out * axis.width;
    for (std::size_t t = 0; t < axis.width; ++t) {
      taps.positions[t][i] = row + axis.positions[at + t];
      taps.weights[t][i] = axis.weights[at + t];
    }
  }
  return taps;
}

HWY_INLINE void blend_elements(const Taps& taps, std::size_t width, const float* x, float* y,
                               std::size_t count) {
  F32x16 sums[kTogether / kWide];
  for (F32x16& sum : sums) sum = zero();
  for (std::size_t t = 0; t < width; ++t) {
    float value[kTogether];
    for (std::size_t i = 0; i < kTogether; ++i) value[i] = x[taps.positions[t][i]];
    for (std::size_t v = 0; v < kTogether / kWide; ++v) {
      const F32x16 weight = load(taps.weights[t] + v * kWide);
      const F32x16 sum = fma(weight, load(value + v * kWide), sums[v]);
      sums[v] = select(equal(weight, zero()), sums[v], sum);
    }
  }
  for (std::size_t i = 0; i < count; i += kWide)
    store_first(sums[i / kWide], y + i, count - i < kWide ? count - i : kWide);
}

// Rows begin .. end, `together` of them at a time; the rest is fewer than that.
std::size_t blend_rows_together(const Resampling& axis, const float* x, float* y, std::size_t begin,
                                std::size_t end, std::size_t together) {
  const std::size_t last = end - (end - begin) % together;
  const std::size_t outputs = together * axis.out;
  for (std::size_t first = 0; first < outputs; first += kTogether) {
    const std::size_t count = outputs - first < kTogether ? outputs - first : kTogether;
    const Taps taps = taps_of(axis, first, count);
    for (std::size_t o = begin; o < last; o += together)
      blend_elements(taps, axis.width, x + o * axis.in, y + o * axis.out + first, count);
  }
  return last;
}

void blend_last_axis(const Resampling& axis, const float* x, float* y, std::size_t begin,
                     std::size_t end) {
  const std::size_t together = axis.out < kTogether ? kTogether / axis.out : 1;
  const std::size_t rest = blend_rows_together(axis, x, y, begin, end, together);
  if (rest < end) blend_rows_together(axis, x, y, rest, end, end - rest);
}

void resample(const Resampling& axis, const float* x, float* y, std::size_t inner,
              std::size_t begin, std::size_t end) {
  if (inner == 1 && axis.width <= kMostTaps) return blend_last_axis(axis, x, y, begin, end);
  for (std::size_t o = begin; o < end; ++o) {
    for (std::size_t i = 0; i < axis.out; ++i) {
      blend_rows(axis, i * axis.width, x + o * axis.in * inner, y + (o * axis.out + i) * inner,
                 inner);
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
