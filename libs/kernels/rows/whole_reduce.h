// Sums, greatest and least of whole numbers over the last axis or over a middle one. Sums wrap.
#pragma once

#include <cstddef>

#include "kernels/elementwise/convert.h"
#include "kernels/rows/reduce.h"
#include "kernels/simd/isa.h"

namespace slipway {

struct WholeReduceKernel {
  // y[r] from the n elements of row r of x [rows, n]; n > 0.
  void (*rows)(const void* x, void* y, std::size_t rows, std::size_t n);
  // y[c] from column c of x [length, inner], for begin <= c < end; length > 0.
  void (*columns)(const void* x, void* y, std::size_t length, std::size_t inner, std::size_t begin,
                  std::size_t end);
};

// Of int32 and int64, kSum, kMax and kMin; of others both are null.
WholeReduceKernel whole_reduce_kernel(Isa isa, Reduction reduction, Element type);

}  // namespace slipway
