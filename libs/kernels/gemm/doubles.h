// Products of matrices of doubles, with the bits of numeric/dot.h.
#pragma once

#include <cstddef>

#include "kernels/simd/isa.h"

namespace slipway {

// C [m, n] = A [m, k] B [k, n], rows one after the other; each sum in so many chains.
struct DoubleProduct {
  std::size_t n = 0, k = 0, chains = 1;
  const double* a = nullptr;
  const double* b = nullptr;
  double* c = nullptr;
};

// Rows begin .. end of C.
using DoubleProductKernel = void (*)(const DoubleProduct& product, std::size_t begin,
                                     std::size_t end);

DoubleProductKernel double_product(Isa isa);

}  // namespace slipway
