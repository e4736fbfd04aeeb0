// Rows and columns with 1 at the first of the greatest and 0 elsewhere.
#pragma once

#include <cstddef>

#include "kernels/simd/isa.h"

namespace slipway {

// Of columns begin .. end of x [length, inner]; a row is a column with inner = 1. A NaN is greater
// than nothing, and nothing is greater than one that comes first. 0 < length < 2^31; y may be x.
using Hardmax = void (*)(const float* x, float* y, std::size_t length, std::size_t inner,
                         std::size_t begin, std::size_t end);

Hardmax hardmax(Isa isa);

}  // namespace slipway
