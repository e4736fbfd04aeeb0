// The least and the greatest number of rows. Unlike the reductions of ONNX these do not tell -0
// from +0, and so take no second look at rows that end at zero.
#pragma once

#include <cstddef>

#include "kernels/simd/isa.h"

namespace slipway {

struct ExtremesKernels {
  // low[r] and high[r] of row r of x [rows, n], a zero as +0; both NaN where a number of the row is
  // NaN or infinite; infinity and minus infinity where n is 0.
  void (*rows)(const float* x, std::size_t rows, std::size_t n, float* low, float* high);
};

const ExtremesKernels& extremes_kernels(Isa isa);

}  // namespace slipway
