#include "base/float_bits.h"

#include <bit>

namespace slipway {

namespace {

constexpr std::uint64_t kDoubleSign = std::uint64_t{1} << 63;
constexpr std::uint64_t kDoubleInfinity = std::uint64_t{0x7FF} << 52;
constexpr std::uint64_t kDoubleMantissa = (std::uint64_t{1} << 52) - 1;
constexpr std::uint32_t kFloatQuietNan = 0x7FC00000;

// 2^exponent, for exponents of normal floats.
float power_of_two(int exponent) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23);
}

// The value of an unsigned code of `mantissa_bits` mantissa bits below the exponent field; NaN and
// infinity are the caller's.
float magnitude_from_code(std::uint32_t code, int mantissa_bits, int bias) {
  const auto exponent = static_cast<int>(code >> mantissa_bits);
  const std::uint32_t mantissa = code & ((1U << mantissa_bits) - 1U);
  if (exponent == 0) return static_cast<float>(mantissa) * power_of_two(1 - bias - mantissa_bits);
  return std::bit_cast<float>((static_cast<std::uint32_t>(exponent - bias + 127) << 23) |
                              (mantissa << (23 - mantissa_bits)));
}

// A double taken apart for narrowing. `magnitude` holds its bits without the sign.
struct Parts {
  std::uint64_t magnitude;
  bool negative;

  explicit Parts(double value)
      : magnitude(std::bit_cast<std::uint64_t>(value) & ~kDoubleSign),
        negative((std::bit_cast<std::uint64_t>(value) & kDoubleSign) != 0) {}

  bool nan() const { return magnitude > kDoubleInfinity; }
  bool infinite() const { return magnitude == kDoubleInfinity; }
};

// The nearest unsigned code, half to even, of a finite magnitude. Codes go on past the largest of
// the format as if its exponent field had no end, so one comparison finds overflow.
std::uint32_t nearest_code(std::uint64_t magnitude, int mantissa_bits, int bias) {
  const int double_exponent = static_cast<int>(magnitude >> 52);
  if (double_exponent == 0) return 0;
  const std::uint64_t significand = (magnitude & kDoubleMantissa) | (std::uint64_t{1} << 52);
  const int exponent = double_exponent - 1023 + bias;
  const int shift = 52 - mantissa_bits + (exponent < 1 ? 1 - exponent : 0);
  if (shift > 53) return 0;
  std::uint64_t kept = significand >> shift;
  const std::uint64_t rest = significand & ((std::uint64_t{1} << shift) - 1);
  const std::uint64_t half = std::uint64_t{1} << (shift - 1);
  if (rest > half || (rest == half && (kept & 1) != 0)) ++kept;
  const std::uint32_t base =
      exponent < 1 ? 0 : static_cast<std::uint32_t>(exponent - 1) << mantissa_bits;
  return base + static_cast<std::uint32_t>(kept);
}

std::uint16_t narrow_to_16(double value, int mantissa_bits, int bias, std::uint32_t infinity) {
  const Parts parts(value);
  const std::uint32_t sign = parts.negative ? 0x8000U : 0U;
  std::uint32_t code = infinity;
  if (parts.nan()) {
    const auto payload =
        static_cast<std::uint32_t>((parts.magnitude & kDoubleMantissa) >> (52 - mantissa_bits));
    code = infinity | (1U << (mantissa_bits - 1)) | payload;
  } else if (!parts.infinite()) {
    const std::uint32_t nearest = nearest_code(parts.magnitude, mantissa_bits, bias);
    code = nearest < infinity ? nearest : infinity;
  }
  return static_cast<std::uint16_t>(sign | code);
}

float widen_from_16(std::uint16_t bits, int mantissa_bits, int bias, std::uint32_t infinity) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000U) << 16;
  const std::uint32_t code = bits & 0x7FFFU;
  std::uint32_t magnitude = 0;
  if (code >= infinity) {
    magnitude = 0x7F800000U | ((code - infinity) << (23 - mantissa_bits));
  } else {
    magnitude = std::bit_cast<std::uint32_t>(magnitude_from_code(code, mantissa_bits, bias));
  }
  return std::bit_cast<float>(sign | magnitude);
}

// What sets the 8-bit formats apart. Codes are without the sign bit, except `nan` of the "uz"
// formats, where the one NaN is the code of negative zero.
struct Format8 {
  int mantissa_bits;
  int bias;
  std::uint32_t largest;
  std::uint32_t overflow;  // without saturation, for infinity and what rounds beyond the largest
  std::uint32_t nan;
  bool unsigned_zero;
};

constexpr Format8 kE4m3fn = {3, 7, 0x7E, 0x7F, 0x7F, false};
constexpr Format8 kE4m3fnuz = {3, 8, 0x7F, 0x80, 0x80, true};
constexpr Format8 kE5m2 = {2, 15, 0x7B, 0x7C, 0x7E, false};
constexpr Format8 kE5m2fnuz = {2, 16, 0x7F, 0x80, 0x80, true};

std::uint8_t narrow_to_8(double value, const Format8& format, bool saturate) {
  const Parts parts(value);
  std::uint32_t code = format.nan;
  if (!parts.nan()) {
    code = parts.infinite() ? format.largest + 1
                            : nearest_code(parts.magnitude, format.mantissa_bits, format.bias);
    if (code > format.largest) code = saturate ? format.largest : format.overflow;
  }
  const bool drop_sign = format.unsigned_zero && code == 0;
  return static_cast<std::uint8_t>(code | (parts.negative && !drop_sign ? 0x80U : 0U));
}

float widen_from_8(std::uint8_t bits, const Format8& format) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x80U) << 24;
  const std::uint32_t code = bits & 0x7FU;
  if (format.unsigned_zero && bits == format.nan) return std::bit_cast<float>(kFloatQuietNan);
  if (code > format.largest) {
    const bool infinite = format.overflow != format.nan && code == format.overflow;
    return std::bit_cast<float>(sign | (infinite ? 0x7F800000U : kFloatQuietNan));
  }
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude_from_code(
                                         code, format.mantissa_bits, format.bias)));
}

}  // namespace

float float_from_half_bits(std::uint16_t bits) { return widen_from_16(bits, 10, 15, 0x7C00); }
std::uint16_t half_bits_from_float(float value) { return narrow_to_16(value, 10, 15, 0x7C00); }
std::uint16_t half_bits_from_double(double value) { return narrow_to_16(value, 10, 15, 0x7C00); }

float float_from_bfloat16_bits(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}
std::uint16_t bfloat16_bits_from_float(float value) { return narrow_to_16(value, 7, 127, 0x7F80); }
std::uint16_t bfloat16_bits_from_double(double value) {
  return narrow_to_16(value, 7, 127, 0x7F80);
}

float float_from_e4m3fn_bits(std::uint8_t bits) { return widen_from_8(bits, kE4m3fn); }
float float_from_e4m3fnuz_bits(std::uint8_t bits) { return widen_from_8(bits, kE4m3fnuz); }
float float_from_e5m2_bits(std::uint8_t bits) { return widen_from_8(bits, kE5m2); }
float float_from_e5m2fnuz_bits(std::uint8_t bits) { return widen_from_8(bits, kE5m2fnuz); }

std::uint8_t e4m3fn_bits_from_float(float value, bool saturate) {
  return narrow_to_8(value, kE4m3fn, saturate);
}
std::uint8_t e4m3fn_bits_from_double(double value, bool saturate) {
  return narrow_to_8(value, kE4m3fn, saturate);
}
std::uint8_t e4m3fnuz_bits_from_float(float value, bool saturate) {
  return narrow_to_8(value, kE4m3fnuz, saturate);
}
std::uint8_t e4m3fnuz_bits_from_double(double value, bool saturate) {
  return narrow_to_8(value, kE4m3fnuz, saturate);
}
std::uint8_t e5m2_bits_from_float(float value, bool saturate) {
  return narrow_to_8(value, kE5m2, saturate);
}
std::uint8_t e5m2_bits_from_double(double value, bool saturate) {
  return narrow_to_8(value, kE5m2, saturate);
}
std::uint8_t e5m2fnuz_bits_from_float(float value, bool saturate) {
  return narrow_to_8(value, kE5m2fnuz, saturate);
}
std::uint8_t e5m2fnuz_bits_from_double(double value, bool saturate) {
  return narrow_to_8(value, kE5m2fnuz, saturate);
}

float float_from_e8m0_bits(std::uint8_t bits) {
  if (bits == 0xFF) return std::bit_cast<float>(kFloatQuietNan);
  return bits == 0 ? std::bit_cast<float>(0x00400000U) : power_of_two(bits - 127);
}

std::uint8_t e8m0_bits_from_double(double value, bool saturate, E8m0Rounding rounding) {
  constexpr std::uint8_t kNan = 0xFF;
  const Parts parts(value);
  if (parts.nan() || (parts.negative && parts.magnitude != 0)) return kNan;
  const std::uint64_t fraction = parts.magnitude & kDoubleMantissa;
  int code = static_cast<int>(parts.magnitude >> 52) - 1023 + 127;
  if (rounding == E8m0Rounding::kUp && fraction != 0) ++code;
  if (rounding == E8m0Rounding::kNearest && fraction >= (std::uint64_t{1} << 51)) ++code;
  if (parts.infinite() || code > 0xFE) return saturate ? 0xFE : kNan;
  if (code < 0) return saturate ? 0 : kNan;
  return static_cast<std::uint8_t>(code);
}

std::uint8_t e8m0_bits_from_float(float value, bool saturate, E8m0Rounding rounding) {
  return e8m0_bits_from_double(value, saturate, rounding);
}

namespace {

// Formats of four and six bits have neither infinity nor NaN: every code is a number.
float widen_from_small(std::uint8_t code, int exponent_bits, int mantissa_bits, int bias) {
  const unsigned sign = 1U << (exponent_bits + mantissa_bits);
  const float magnitude = magnitude_from_code(code & (sign - 1U), mantissa_bits, bias);
  return (code & sign) != 0 ? -magnitude : magnitude;
}

std::uint8_t narrow_to_small(double value, int exponent_bits, int mantissa_bits, int bias) {
  const Parts parts(value);
  const std::uint32_t sign = 1U << (exponent_bits + mantissa_bits);
  if (parts.nan()) return static_cast<std::uint8_t>(sign);
  const std::uint32_t largest = sign - 1U;
  const std::uint32_t nearest =
      parts.infinite() ? largest : nearest_code(parts.magnitude, mantissa_bits, bias);
  return static_cast<std::uint8_t>((nearest < largest ? nearest : largest) |
                                   (parts.negative ? sign : 0U));
}

}  // namespace

float float_from_e2m1_bits(std::uint8_t code) { return widen_from_small(code, 2, 1, 1); }
float float_from_e2m3_bits(std::uint8_t code) { return widen_from_small(code, 2, 3, 1); }
float float_from_e3m2_bits(std::uint8_t code) { return widen_from_small(code, 3, 2, 3); }

std::uint8_t e2m1_bits_from_double(double value) { return narrow_to_small(value, 2, 1, 1); }
std::uint8_t e2m1_bits_from_float(float value) { return e2m1_bits_from_double(value); }
std::uint8_t e2m3_bits_from_double(double value) { return narrow_to_small(value, 2, 3, 1); }
std::uint8_t e3m2_bits_from_double(double value) { return narrow_to_small(value, 3, 2, 3); }

}  // namespace slipway
