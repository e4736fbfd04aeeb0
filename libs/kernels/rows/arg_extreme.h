// Where the greatest or the least of a row or of a column stands.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/isa.h"

namespace slipway {

// The index of the greatest (the least), the first of equals or the last; NaN is beyond all. Of
// column c of x [length, inner], for begin <= c < end; a row is a column with inner = 1. length >
// 0.
using ArgExtreme = void (*)(const float* x, std::int64_t* y, std::size_t length, std::size_t inner,
                            std::size_t begin, std::size_t end);

ArgExtreme arg_extreme(Isa isa, bool is_max, bool takes_last);

}  // namespace slipway
