// Sums, differences, products, least and greatest of whole numbers, which wrap as two's complement
// does.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/elementwise/convert.h"
#include "kernels/simd/isa.h"

namespace slipway {

// Numbers are part of the plan format.
enum class Whole : std::uint8_t { kAdd, kSub, kMul, kMin, kMax, kCount };

// y[i] = f(a[i], b[i]). A step is 0 for a scalar, else 1. y may be a or b, and overlaps neither
// otherwise.
using WholeElements = void (*)(const void* a, std::size_t a_step, const void* b, std::size_t b_step,
                               void* y, std::size_t count);

// Of int8, uint8, int32 and int64; null for others.
WholeElements whole_elements(Isa isa, Whole function, Element type);

}  // namespace slipway
