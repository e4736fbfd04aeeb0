#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/half.cc"
#include "kernels/elementwise/convert.h"
#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void store_half(F32x16 x, std::uint16_t* to) {
  for (std::size_t i = 0; i < kParts; ++i) to[i] = half_bits_from_float(x.part[i]);
}
#else
HWY_INLINE void store_half(F32x16 x, std::uint16_t* to) {
  const hn::Rebind<hwy::float16_t, DF> narrow;
  for (std::size_t i = 0; i < kParts; ++i) {
    hn::StoreU(hn::DemoteTo(narrow, x.part[i]), narrow,
               reinterpret_cast<hwy::float16_t*>(to) + i * kPartLanes);
  }
}
#endif

// Half to even: carries ripple into the exponent as they should; a NaN becomes a quiet one.
HWY_INLINE std::uint16_t bfloat16_of(float x) {
  const auto u = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t rounded = (u + 0x7FFFU + ((u >> 16) & 1U)) >> 16;
  const bool is_nan = (u & 0x7FFFFFFFU) > 0x7F800000U;
  return static_cast<std::uint16_t>(is_nan ? (u >> 16) | 0x40U : rounded);
}

using WidenFunction = F32x16 (*)(const std::uint16_t*);

template <WidenFunction kLoad>
void widen(const void* x, void* y, std::size_t count) {
  const auto* from = static_cast<const std::uint16_t*>(x);
  auto* const to = static_cast<float*>(y);
  std::size_t i = 0;
  for (; i + kWide <= count; i += kWide) store(kLoad(from + i), to + i);
  if (i == count) return;
  std::uint16_t lane[kWide] = {};
  for (std::size_t j = 0; i + j < count; ++j) lane[j] = from[i + j];
  store_first(kLoad(lane), to + i, count - i);
}

void f16_from_f32(const void* x, void* y, std::size_t count) {
  const auto* from = static_cast<const float*>(x);
  auto* const to = static_cast<std::uint16_t*>(y);
  std::size_t i = 0;
  for (; i + kWide <= count; i += kWide) store_half(load(from + i), to + i);
  if (i == count) return;
  std::uint16_t lane[kWide];
  store_half(load_first(from + i, count - i), lane);
  for (std::size_t j = 0; i + j < count; ++j) to[i + j] = lane[j];
}

void bf16_from_f32(const void* x, void* y, std::size_t count) {
  const auto* from = static_cast<const float*>(x);
  auto* const to = static_cast<std::uint16_t*>(y);
  for (std::size_t i = 0; i < count; ++i) to[i] = bfloat16_of(from[i]);
}

constexpr HalfKernels kTable = {widen<load_half>, widen<load_bfloat16>, f16_from_f32,
                                bf16_from_f32};

}  // namespace
const HalfKernels& half_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(HalfKernels, half_kernels, half_table)
}  // namespace slipway
#endif
