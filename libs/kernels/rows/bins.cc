#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows/bins.cc"
#include "kernels/rows/bins.h"

#include <bit>

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

constexpr std::size_t kHalf = kBins / 2;

#if HWY_TARGET == HWY_SCALAR
void count(const float* x, std::size_t n, float scale, std::uint64_t* counts) {
  for (std::size_t i = 0; i < n; ++i) {
    const float place = x[i] * scale;
    auto whole = static_cast<std::int32_t>(place);
    if (static_cast<float>(whole) > place) --whole;
    ++counts[static_cast<std::size_t>(whole + static_cast<std::int32_t>(kHalf))];
  }
}
#else
// A bit for each that is no zero.
HWY_INLINE std::uint32_t nonzero_bits(F32x16 x) {
  std::uint32_t all = 0;
  for (std::size_t i = 0; i < kParts; ++i) {
    std::uint8_t some[8];
    hn::StoreMaskBits(DF(), hn::Ne(x.part[i], hn::Zero(DF())), some);
    const std::uint32_t part = kPartLanes > 8 ? some[0] | some[1] << 8 : some[0];
    all |= part << (i * kPartLanes);
  }
  return all;
}

HWY_INLINE void store_places(F32x16 x, std::int32_t* to) {
  for (std::size_t i = 0; i < kParts; ++i) {
    const auto whole = hn::ConvertTo(DI(), hn::Floor(x.part[i]));
    hn::StoreU(hn::Add(whole, hn::Set(DI(), static_cast<std::int32_t>(kHalf))), DI(),
               to + i * kPartLanes);
  }
}

// Zeros, all that a Relu cut off, are counted apart: each would wait for the count of the one
// before.
void count(const float* x, std::size_t n, float scale, std::uint64_t* counts) {
  constexpr std::uint32_t kAll = 0xFFFF;
  std::size_t zeros = 0;
  for (std::size_t from = 0; from < n; from += kWide) {
    const std::size_t some = n - from < kWide ? n - from : kWide;
    const F32x16 values = load_first(x + from, some);
    std::int32_t places[kWide];
    store_places(mul(values, set(scale)), places);
    std::uint32_t nonzero = nonzero_bits(values);
    if (nonzero == kAll) {
      _Pragma("GCC unroll 16") for (std::size_t i = 0; i < kWide; ++i) {
        ++counts[static_cast<std::size_t>(places[i])];
      }
      continue;
    }
    zeros += some - static_cast<std::size_t>(std::popcount(nonzero));
    for (; nonzero != 0; nonzero &= nonzero - 1) {
      ++counts[static_cast<std::size_t>(places[std::countr_zero(nonzero)])];
    }
  }
  counts[kHalf] += zeros;
}
#endif

constexpr BinKernels kTable = {count};

}  // namespace
const BinKernels& bin_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(BinKernels, bin_kernels, bin_table)
}  // namespace slipway
#endif
