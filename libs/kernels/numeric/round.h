// Rounding to integers: half to even, towards zero, saturating, wrapping. The narrow floating-point
// formats are in base/float_bits.h.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace slipway::numeric {

// To the nearest integer, half to even, with the processor in its default rounding mode. The sign
// of a zero, NaN and infinities stay.
inline float round_half_even(float x) {
  const float magnitude = __builtin_fabsf(x);
  const float rounded = (magnitude + 0x1p23F) - 0x1p23F;
  return magnitude < 0x1p23F ? __builtin_copysignf(rounded, x) : x;
}
inline double round_half_even(double x) {
  const double magnitude = __builtin_fabs(x);
  const double rounded = (magnitude + 0x1p52) - 0x1p52;
  return magnitude < 0x1p52 ? __builtin_copysign(rounded, x) : x;
}

// The integers a quantised type holds.
struct IntegerRange {
  std::int64_t low, high;
};
inline constexpr IntegerRange kInt2Range = {-2, 1};
inline constexpr IntegerRange kUint2Range = {0, 3};
inline constexpr IntegerRange kInt4Range = {-8, 7};
inline constexpr IntegerRange kUint4Range = {0, 15};
inline constexpr IntegerRange kInt8Range = {-128, 127};
inline constexpr IntegerRange kUint8Range = {0, 255};
inline constexpr IntegerRange kInt16Range = {-32768, 32767};
inline constexpr IntegerRange kUint16Range = {0, 65535};

// saturate(round(x / scale) + zero_point), the sum in T; exact while the result is in range. NaN
// gives the lowest integer.
template <std::floating_point T>
std::int32_t quantize(T x, T scale, std::int32_t zero_point, IntegerRange range) {
  const T low = static_cast<T>(range.low);
  const T high = static_cast<T>(range.high);
  T q = round_half_even(x / scale) + static_cast<T>(zero_point);
  q = q > low ? q : low;
  q = q < high ? q : high;
  return static_cast<std::int32_t>(q);
}

// (q - zero_point) * scale: the difference exact in int32, one rounding to T, one product.
template <std::floating_point T>
T dequantize(std::int32_t q, std::int32_t zero_point, T scale) {
  const auto difference = static_cast<std::uint32_t>(q) - static_cast<std::uint32_t>(zero_point);
  return static_cast<T>(static_cast<std::int32_t>(difference)) * scale;
}

// Nearest integer of the range, for values that are already integers.
inline std::int64_t saturate(std::int64_t value, IntegerRange range) {
  if (value < range.low) return range.low;
  return value > range.high ? range.high : value;
}

// The low `bits` bits of `value` as a two's complement or an unsigned integer.
inline std::int64_t wrap(std::int64_t value, int bits, bool is_signed) {
  const int shift = 64 - bits;
  const auto shifted = static_cast<std::uint64_t>(value) << shift;
  return is_signed ? static_cast<std::int64_t>(shifted) >> shift
                   : static_cast<std::int64_t>(shifted >> shift);
}

// Cast from floating point: towards zero, beyond the range of int64 its nearest end, NaN to 0.
inline std::int64_t truncate_to_int64(double x) {
  if (x != x) return 0;
  if (x >= 0x1p63) return std::numeric_limits<std::int64_t>::max();
  if (x <= -0x1p63) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(x);
}

// Cast from floating point to a C++ integer type: truncate_to_int64, then the low bits. uint64_t
// also takes 2^63 to 2^64 - 1; what is beyond gives 2^64 - 1.
template <std::integral T>
T integer_from(double x) {
  if constexpr (std::is_same_v<T, std::uint64_t>) {
    if (x >= 0x1p64) return std::numeric_limits<T>::max();
    if (x >= 0x1p63) return static_cast<T>(x);
  }
  return static_cast<T>(truncate_to_int64(x));
}

}  // namespace slipway::numeric
