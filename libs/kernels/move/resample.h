// Resizing along one axis of floats by taps and weights that were worked out before.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/isa.h"

namespace slipway {

// Output i = sum of weights[i * width + t] * input[positions[i * width + t]] by fma from +0 for t
// in order, taps of weight 0 left out. positions are in range.
struct Resampling {
  std::size_t in = 0;
  std::size_t out = 0;
  std::size_t width = 0;
  const std::int32_t* positions = nullptr;  // [out, width]
  const float* weights = nullptr;           // [out, width]
};

struct ResampleKernels {
  // x [outer, in, inner], y [outer, out, inner]; outer indices begin .. end.
  void (*resample)(const Resampling& axis, const float* x, float* y, std::size_t inner,
                   std::size_t begin, std::size_t end);
};

const ResampleKernels& resample_kernels(Isa isa);

}  // namespace slipway
