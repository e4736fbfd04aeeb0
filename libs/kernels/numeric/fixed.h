// Products of int8 weights with a vector of floats, which recurrent layers take in integers
// (docs/numerics.md, "Recurrent layers"): the vector becomes fixed-point numbers that share one
// exponent, the sums of products are exact.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernels/numeric/round.h"

namespace slipway::numeric {

// The fixed-point numbers are integers in [-2^14, 2^14].
inline constexpr int kFixedBits = 14;

// Elements whose products with weights in [-127, 127] an int32 holds, whatever they are.
inline constexpr std::size_t kFixedDepth = 1024;

// The least exponent of a vector: what it holds is at most 2^exponent. A state of a layer is hardly
// ever beyond 1, and so its exponent need not be looked for.
inline constexpr int kLeastInputExponent = -100;
inline constexpr int kLeastStateExponent = 0;

// A number is rounded from factor * x and stands for unit times itself. A vector with an infinity
// or a NaN has the factor 0 and the unit NaN.
struct FixedScale {
  float factor, unit;
};

// 2^n for n from -126 to 127.
inline float power_of_two_of(int n) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(127 + n) << 23);
}

// Of a vector by the bits of the greatest magnitude in it.
inline FixedScale fixed_scale_of(std::uint32_t greatest_bits, int least_exponent) {
  if (greatest_bits >= 0x7F800000U) return {0, std::numeric_limits<float>::quiet_NaN()};
  const int exponent =
      std::max(static_cast<int>((greatest_bits + 0x7FFFFFU) >> 23) - 127, least_exponent);
  return {power_of_two_of(kFixedBits - exponent), power_of_two_of(exponent - kFixedBits)};
}

inline FixedScale fixed_scale(const float* x, std::size_t n, int least_exponent) {
  std::uint32_t greatest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    greatest = std::max(greatest, std::bit_cast<std::uint32_t>(x[i]) & 0x7FFFFFFFU);
  }
  return fixed_scale_of(greatest, least_exponent);
}

// q[i] = round_half_even(x[i] * factor), or 0 where the factor is 0.
inline void to_fixed(const float* x, std::size_t n, FixedScale scale, std::int16_t* q) {
  for (std::size_t i = 0; i < n; ++i) {
    q[i] = scale.factor == 0 ? std::int16_t{0}
                             : static_cast<std::int16_t>(round_half_even(x[i] * scale.factor));
  }
}

// sum q w: exact in each kFixedDepth elements, rounded to float, these added in order. W are whole
// numbers in [-127, 127]. The product with the vector is this times the unit.
template <typename W>
float fixed_dot(const std::int16_t* q, const W* w, std::size_t k) {
  float total = 0;
  for (std::size_t first = 0; first < k; first += kFixedDepth) {
    std::int32_t sum = 0;
    for (std::size_t p = first; p < std::min(k, first + kFixedDepth); ++p) {
      sum += std::int32_t{q[p]} * static_cast<std::int32_t>(w[p]);
    }
    total = first == 0 ? static_cast<float>(sum) : total + static_cast<float>(sum);
  }
  return total;
}

}  // namespace slipway::numeric
