// Squared distances between rows and vectors that a model holds: nearest neighbours, Gaussian
// processes, support vector machines.
#pragma once

#include <cstddef>

#include "kernels/simd/isa.h"

namespace slipway {

// Rows x[rows, k] against n vectors, packed as panels of sixteen (kernels/gemm/pack.h: one panel
// abreast, one chain). y[r * y_stride + v] = numeric::sum_of_squares of the k rounded differences
// x[r] - v.
struct DistancesCall {
  const float* x;
  std::size_t rows, k;
  const float* vectors;
  std::size_t n;
  float* y;
  std::size_t y_stride;
};

struct DistanceKernels {
  void (*squared)(const DistancesCall& call);
};

const DistanceKernels& distance_kernels(Isa isa);

}  // namespace slipway
