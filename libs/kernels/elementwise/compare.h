// Comparisons of elements of any type.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/elementwise/convert.h"
#include "kernels/simd/isa.h"

namespace slipway {

// Numbers are part of the plan format.
enum class Compare : std::uint8_t {
  kEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kCount,
};

// y[i] = 1 where a[i] compares so to b[i], else 0. A step is 0 for a scalar, else 1. y may be a or
// b, of elements of a byte, and overlaps neither otherwise.
using CompareElements = void (*)(const void* a, std::size_t a_step, const void* b,
                                 std::size_t b_step, std::uint8_t* y, std::size_t count);

// Null for half and bfloat16.
CompareElements compare_elements(Isa isa, Compare function, Element type);

}  // namespace slipway
