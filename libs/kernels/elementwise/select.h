// Choices of elements of any type, and logic. Plain C++: the same on every instruction set.
// Elements of four bytes have vectors of their own, in binary.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/elementwise/binary.h"

namespace slipway {

// Of elements of 1, 2, 4 or 8 bytes; null for others.
ChooseElements choose_elements(std::size_t element_bytes);

// For fewer elements a loop with steps is quicker than choose_by_pieces().
inline constexpr std::size_t kFewChoices = 24;

// Calls `choose` for pieces, all of its steps being 1: scalars are written out beforehand. Of
// elements of 1, 2, 4 or 8 bytes.
void choose_by_pieces(ChooseElements choose, std::size_t element_bytes,
                      const std::uint8_t* condition, std::size_t condition_step, const void* a,
                      std::size_t a_step, const void* b, std::size_t b_step, void* y,
                      std::size_t count);

enum class Logic : std::uint8_t { kAnd, kOr, kXor, kCount };

// Of bools: anything but 0 is true.
void combine_bools(Logic function, const std::uint8_t* a, std::size_t a_step, const std::uint8_t* b,
                   std::size_t b_step, std::uint8_t* y, std::size_t count);

}  // namespace slipway
