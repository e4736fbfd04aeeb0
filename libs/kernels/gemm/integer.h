// Exact products of matrices of bytes: sums of int32, which wrap.
//
//   y[i][j] = sum over p of (a[i][p] - a_zero) (b[p][j] - b_zero[j])
//
// A is taken as unsigned bytes and B as signed ones: a matrix of the other kind has the highest bit
// of its bytes, and of its zero points, turned over, which changes no difference.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/isa.h"

namespace slipway {

inline constexpr std::size_t kIntegerBlock = 16;  // columns
inline constexpr std::size_t kIntegerDepth = 4;   // of A and B that are multiplied at once
inline constexpr std::uint8_t kTurned = 0x80;

// Columns of B, packed as [blocks][depth / 4][16][4], zeros where there are none, and the sum of
// each.
std::size_t packed_integer_bytes(std::size_t columns, std::size_t depth);
// Rows of A of whole fours, and the sum of each.
void gather_integers(const std::uint8_t* a, std::size_t rows, std::size_t depth,
                     std::uint8_t turned, std::uint8_t* to, std::int32_t* sums);

struct IntegerProduct {
  std::size_t rows = 0, columns = 0, depth = 0;
  const std::uint8_t* a = nullptr;  // rows of whole fours, one after the other
  const std::int32_t* a_sums = nullptr;
  const std::int8_t* b = nullptr;         // packed
  const std::int32_t* start = nullptr;    // start_integers()
  const std::int32_t* b_zeros = nullptr;  // of whole blocks; null: zeros, and a_sums is not read
  std::int32_t* y = nullptr;
  std::size_t y_stride = 0;
};

struct IntegerKernels {
  // B [depth][columns], rows `stride` apart; `turned` is kTurned or 0. sums: of whole blocks.
  void (*pack)(const std::uint8_t* b, std::size_t stride, std::size_t columns, std::size_t depth,
               std::uint8_t turned, std::int8_t* packed, std::int32_t* sums);
  void (*product)(const IntegerProduct& product);
  std::int32_t offset;  // of A's bytes, where products are made
};
const IntegerKernels& integer_kernels(Isa isa);

// What the sums of each column begin with: all that no row says. b_zeros may be null; arrays are of
// whole blocks.
void start_integers(const IntegerKernels& kernels, std::int32_t a_zero, std::size_t depth,
                    const std::int32_t* b_sums, const std::int32_t* b_zeros, std::size_t columns,
                    std::int32_t* start);

}  // namespace slipway
