#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/convert.cc"
#include "kernels/elementwise/convert.h"

#include <cmath>
#include <type_traits>

#include "kernels/numeric/round.h"

#define SLIPWAY_LOOP_TARGETS
#include "kernels/simd/dispatch.h"

#ifndef SLIPWAY_CONVERT_ROWS
#define SLIPWAY_CONVERT_ROWS
namespace slipway {

// A bool as it is stored: one byte, 0 or 1.
enum class Flag : std::uint8_t { kNo, kYes };

struct ConvertRow {
  Element from, to;
  ConvertKernel kernel;
};
struct ConvertRows {
  ConvertRow row[24];
};

}  // namespace slipway
#endif

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

template <typename To, typename From>
HWY_INLINE To converted(From x) {
  if constexpr (std::is_same_v<From, Flag>) {
    return static_cast<To>(x == Flag::kNo ? 0 : 1);
  } else if constexpr (std::is_same_v<To, Flag>) {
    return x != From{0} ? Flag::kYes : Flag::kNo;
  } else {
    return static_cast<To>(x);
  }
}

template <typename From, typename To>
void convert(const void* x, void* y, std::size_t count) {
  const auto* const from = static_cast<const From*>(x);
  auto* const to = static_cast<To*>(y);
  for (std::size_t i = 0; i < count; ++i) to[i] = converted<To>(from[i]);
}

// Towards zero. The processor converts many at a time where all of them fit 32 bits.
template <typename From, typename To>
void convert_to_whole(const void* x, void* y, std::size_t count) {
  constexpr std::size_t kTogether = 64;
  const auto* from = static_cast<const From*>(x);
  auto* to = static_cast<To*>(y);
  for (; count >= kTogether; count -= kTogether, from += kTogether, to += kTogether) {
    int outside = 0;
    for (std::size_t i = 0; i < kTogether; ++i)
      outside |= std::fabs(from[i]) < From{0x1p31F} ? 0 : 1;
    if (outside != 0) {
      for (std::size_t i = 0; i < kTogether; ++i)
        to[i] = numeric::integer_from<To>(static_cast<double>(from[i]));
    } else {
      for (std::size_t i = 0; i < kTogether; ++i)
        to[i] = static_cast<To>(static_cast<std::int32_t>(from[i]));
    }
  }
  for (std::size_t i = 0; i < count; ++i)
    to[i] = numeric::integer_from<To>(static_cast<double>(from[i]));
}

// Of int64 to floats. The processor converts many at a time where all of them fit 32 bits.
template <typename To>
void convert_wide(const void* x, void* y, std::size_t count) {
  constexpr std::size_t kTogether = 64;
  const auto* from = static_cast<const std::int64_t*>(x);
  auto* to = static_cast<To*>(y);
  for (; count >= kTogether; count -= kTogether, from += kTogether, to += kTogether) {
    std::int32_t low[kTogether];
    std::int64_t outside = 0;
    for (std::size_t i = 0; i < kTogether; ++i) {
      low[i] = static_cast<std::int32_t>(from[i]);
      outside |= from[i] ^ low[i];
    }
    if (outside != 0) {
      for (std::size_t i = 0; i < kTogether; ++i) to[i] = static_cast<To>(from[i]);
    } else {
      for (std::size_t i = 0; i < kTogether; ++i) to[i] = static_cast<To>(low[i]);
    }
  }
  for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<To>(from[i]);
}

using F32 = float;
using F64 = double;
using I8 = std::int8_t;
using U8 = std::uint8_t;
using I32 = std::int32_t;
using I64 = std::int64_t;

constexpr ConvertRows kTable = {{
    {Element::kF32, Element::kF64, convert<F32, F64>},
    {Element::kF32, Element::kI8, convert_to_whole<F32, I8>},
    {Element::kF32, Element::kU8, convert_to_whole<F32, U8>},
    {Element::kF32, Element::kI32, convert_to_whole<F32, I32>},
    {Element::kF32, Element::kI64, convert_to_whole<F32, I64>},
    {Element::kF32, Element::kBool, convert<F32, Flag>},
    {Element::kF64, Element::kF32, convert<F64, F32>},
    {Element::kF64, Element::kI64, convert_to_whole<F64, I64>},
    {Element::kI8, Element::kF32, convert<I8, F32>},
    {Element::kI8, Element::kI32, convert<I8, I32>},
    {Element::kU8, Element::kF32, convert<U8, F32>},
    {Element::kU8, Element::kI32, convert<U8, I32>},
    {Element::kU8, Element::kI64, convert<U8, I64>},
    {Element::kI32, Element::kF32, convert<I32, F32>},
    {Element::kI32, Element::kF64, convert<I32, F64>},
    {Element::kI32, Element::kI64, convert<I32, I64>},
    {Element::kI32, Element::kBool, convert<I32, Flag>},
    {Element::kI64, Element::kF32, convert_wide<F32>},
    {Element::kI64, Element::kF64, convert_wide<F64>},
    {Element::kI64, Element::kI32, convert<I64, I32>},
    {Element::kI64, Element::kBool, convert<I64, Flag>},
    {Element::kBool, Element::kF32, convert<Flag, F32>},
    {Element::kBool, Element::kI32, convert<Flag, I32>},
    {Element::kBool, Element::kI64, convert<Flag, I64>},
}};

}  // namespace
const ConvertRows& convert_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
namespace {

SLIPWAY_KERNELS(ConvertRows, rows_for, convert_table)

}  // namespace

ConvertKernel convert_kernel(Isa isa, Element from, Element to) {
  const HalfKernels& half = half_kernels(isa);
  if (from == Element::kF16 && to == Element::kF32) return half.f32_from_f16;
  if (from == Element::kBf16 && to == Element::kF32) return half.f32_from_bf16;
  if (from == Element::kF32 && to == Element::kF16) return half.f16_from_f32;
  if (from == Element::kF32 && to == Element::kBf16) return half.bf16_from_f32;
  for (const ConvertRow& row : rows_for(isa).row) {
    if (row.from == from && row.to == to) return row.kernel;
  }
  return nullptr;
}

}  // namespace slipway
#endif
