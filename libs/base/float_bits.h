// Conversions between float or double and the bits of the narrow floating-point formats.
//
// Widening is exact. Narrowing rounds once, half to even, from the float or the double it is given.
// NaN stays NaN with its sign; half and bfloat16 also keep the top bits of its payload and set the
// quiet bit, as the processors' own conversions do. Everything here is integer arithmetic: the same
// bits on every machine.
//
//   format      sign exponent mantissa bias  largest  infinity  NaN codes         negative zero
//   half           1        5       10   15    65504  yes       exponent all ones yes
//   bfloat16       1        8        7  127  3.39e38  yes       exponent all ones yes
//   e4m3fn         1        4        3    7      448  no        S.1111.111        yes
//   e4m3fnuz       1        4        3    8      240  no        0x80              no
//   e5m2           1        5        2   15    57344  yes       S.11111.{1,2,3}   yes
//   e5m2fnuz       1        5        2   16    57344  no        0x80              no
//   e8m0           0        8        0  127    2^127  no        0xFF              no zero at all
//   e2m1           1        2        1    1        6  no        none              yes
//   e2m3           1        2        3    1      7.5  no        none              yes
//   e3m2           1        3        2    3       28  no        none              yes
#pragma once

#include <cstdint>

namespace slipway {

float float_from_half_bits(std::uint16_t bits);
float float_from_bfloat16_bits(std::uint16_t bits);
float float_from_e4m3fn_bits(std::uint8_t bits);
float float_from_e4m3fnuz_bits(std::uint8_t bits);
float float_from_e5m2_bits(std::uint8_t bits);
float float_from_e5m2fnuz_bits(std::uint8_t bits);
float float_from_e8m0_bits(std::uint8_t bits);
float float_from_e2m1_bits(std::uint8_t code);  // the low four bits of `code`
float float_from_e2m3_bits(std::uint8_t code);  // the low six
float float_from_e3m2_bits(std::uint8_t code);

// Beyond the largest value: infinity.
std::uint16_t half_bits_from_float(float value);
std::uint16_t half_bits_from_double(double value);
std::uint16_t bfloat16_bits_from_float(float value);
std::uint16_t bfloat16_bits_from_double(double value);

// Infinity, and what rounds beyond the largest value: the largest value when `saturate`; otherwise
// infinity in e5m2 and NaN in the others.
std::uint8_t e4m3fn_bits_from_float(float value, bool saturate);
std::uint8_t e4m3fn_bits_from_double(double value, bool saturate);
std::uint8_t e4m3fnuz_bits_from_float(float value, bool saturate);
std::uint8_t e4m3fnuz_bits_from_double(double value, bool saturate);
std::uint8_t e5m2_bits_from_float(float value, bool saturate);
std::uint8_t e5m2_bits_from_double(double value, bool saturate);
std::uint8_t e5m2fnuz_bits_from_float(float value, bool saturate);
std::uint8_t e5m2fnuz_bits_from_double(double value, bool saturate);

// e8m0 holds powers of two from 2^-127 to 2^127. kNearest is to the nearer power, halfway up.
// Zero, and what rounds below 2^-127: 2^-127 when `saturate`, otherwise NaN. Infinity, and what
// rounds above 2^127: 2^127 when `saturate`, otherwise NaN. Negative numbers and NaN: NaN.
enum class E8m0Rounding : std::uint8_t { kUp, kDown, kNearest };
std::uint8_t e8m0_bits_from_float(float value, bool saturate, E8m0Rounding rounding);
std::uint8_t e8m0_bits_from_double(double value, bool saturate, E8m0Rounding rounding);

// The code in the low four or six bits. Beyond the largest and at infinity: the largest of that
// sign. NaN: negative zero.
std::uint8_t e2m1_bits_from_float(float value);
std::uint8_t e2m1_bits_from_double(double value);
std::uint8_t e2m3_bits_from_double(double value);
std::uint8_t e3m2_bits_from_double(double value);

}  // namespace slipway
