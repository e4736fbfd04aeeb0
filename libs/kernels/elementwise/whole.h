// Sums, differences, products, quotients, least and greatest of whole numbers, which wrap as two's
// complement does; their sizes and signs.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/elementwise/convert.h"
#include "kernels/simd/isa.h"

namespace slipway {

// Numbers are part of the plan format.
enum class Whole : std::uint8_t {
  kAdd,
  kSub,
  kMul,
  kMin,
  kMax,
  // Of a alone; b has its extent, and is not read.
  kAbs,
  kSign,
  // No b may be 0.
  kDiv,        // towards zero
  kRemainder,  // of that: with the sign of a
  kModulo,     // of a quotient rounded down: with the sign of b
  kCount,
};

constexpr bool is_division(Whole function) {
  return function >= Whole::kDiv && function <= Whole::kModulo;
}

// y[i] = f(a[i], b[i]). A step is 0 for a scalar, else 1. y may be a or b, and overlaps neither
// otherwise.
using WholeElements = void (*)(const void* a, std::size_t a_step, const void* b, std::size_t b_step,
                               void* y, std::size_t count);

// Of int8, uint8, int32 and int64, divisions of the last two; null for others.
WholeElements whole_elements(Isa isa, Whole function, Element type);

}  // namespace slipway
