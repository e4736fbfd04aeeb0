#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/byte_quantize.cc"
#include "kernels/conv/byte_quantize.h"

#include <algorithm>

#include "kernels/conv/shape.h"
#define SLIPWAY_INT8_TARGETS
#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// clang-format off: after what it is written in
#include "kernels/simd/bytes-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// Sixteen positions as so many fours of bytes, the first channel lowest.
template <std::size_t kChannels>
HWY_INLINE I32x16 fours(const float* plain, std::size_t positions, std::size_t count, F32x16 scale,
                        std::int32_t zero) {
  I32x16 four = saturated_bytes(div(load_first(plain, count), scale), zero);
  if constexpr (kChannels > 1) {
    four = bit_or(four, shift_left<8>(saturated_bytes(
                            div(load_first(plain + positions, count), scale), zero)));
  }
  if constexpr (kChannels > 2) {
    four = bit_or(four, shift_left<16>(saturated_bytes(
                            div(load_first(plain + 2 * positions, count), scale), zero)));
  }
  if constexpr (kChannels > 3) {
    four = bit_or(four, shift_left<24>(saturated_bytes(
                            div(load_first(plain + 3 * positions, count), scale), zero)));
  }
  return four;
}

template <std::size_t kChannels>
void few(const float* plain, std::uint8_t* blocked, std::size_t positions, float scale,
         std::int32_t zero, std::size_t begin, std::size_t end) {
  const F32x16 s = set(scale);
  for (std::size_t p = begin; p < end; p += kWide) {
    const std::size_t count = std::min(kWide, end - p);
    std::int32_t four[kWide];
    store_i32(fours<kChannels>(plain + p, positions, count, s, zero), four);
    std::uint8_t* const to = blocked + p * kConvBlock;
    for (std::size_t i = 0; i < count; ++i)
      std::memcpy(to + i * kConvBlock, four + i, sizeof(four[i]));
  }
}

constexpr ByteQuantizeKernels kTable = {{few<1>, few<2>, few<3>, few<4>}};

}  // namespace
const ByteQuantizeKernels& byte_quantize_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(ByteQuantizeKernels, byte_quantize_kernels, byte_quantize_table)
}  // namespace slipway
#endif
