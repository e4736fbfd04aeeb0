// Transposes in registers of sixteen bytes. Plain vectors of the compiler: nothing here depends on
// the instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace slipway {

// to[r * to_step + c] = from[c * from_step + r] for r < rows, c < columns. Steps may be negative.
// Writes those elements alone. Reads none before the first and none past the last, but maybe what
// lies between the columns. Whatever their alignment; they must not overlap.
template <typename T>
void transpose(const T* from, std::ptrdiff_t from_step, T* to, std::ptrdiff_t to_step,
               std::size_t rows, std::size_t columns);

}  // namespace slipway
