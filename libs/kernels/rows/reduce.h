// Reductions of floats over the last axis or over a middle one, with the bits of numeric/reduce.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/isa.h"

namespace slipway {

enum class Reduction : std::uint8_t {
  kSum,
  kMean,
  kMax,
  kMin,
  kProduct,
  kSumSquare,
  kL1,
  kL2,
  kLogSum,
  kLogSumExp,
  kCount,
};

struct ReduceKernel {
  // y[r] from the n elements of row r of x [rows, n].
  void (*rows)(const float* x, float* y, std::size_t rows, std::size_t n);
  // y[c] from column c of x [length, inner], for begin <= c < end.
  void (*columns)(const float* x, float* y, std::size_t length, std::size_t inner,
                  std::size_t begin, std::size_t end);
};

struct ReduceKernels {
  ReduceKernel of[static_cast<std::size_t>(Reduction::kCount)];

  const ReduceKernel& operator[](Reduction r) const { return of[static_cast<std::size_t>(r)]; }
};

const ReduceKernels& reduce_kernels(Isa isa);

}  // namespace slipway
