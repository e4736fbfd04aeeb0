// ONNX LRN: every element divided by a power of the squares around it, along the channels, with the
// bits of docs/numerics.md.
#pragma once

#include <cstddef>

#include "kernels/simd/isa.h"

namespace slipway {

struct LrnSpec {
  std::size_t channels = 0;
  std::size_t inner = 0;   // elements of a channel
  std::size_t before = 0;  // channels of the window before the element's own, and after it
  std::size_t after = 0;
  float factor = 0;  // alpha / size
  float beta = 0;
  float bias = 0;
};

struct LrnKernels {
  // y = x / (bias + factor * sum of squares)^beta for columns begin .. end of x [channels, inner].
  void (*normalize)(const LrnSpec& spec, const float* x, float* y, std::size_t begin,
                    std::size_t end);
};

const LrnKernels& lrn_kernels(Isa isa);

}  // namespace slipway
