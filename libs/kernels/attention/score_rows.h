// From products of queries and keys to the weights of values: scale, softcap, mask, softmax.
#pragma once

#include <cstddef>

#include "kernels/attention/attention.h"
#include "kernels/simd/isa.h"

namespace slipway {

struct ScoreRows {
  float* scores;  // rows of `keys` floats, `stride` apart, in place
  std::size_t stride;
  std::size_t rows;
  std::size_t first_query;  // of row 0
  const float* mask;        // of row 0, or null
};

using ScoreKernel = void (*)(const AttentionSpec& shape, const ScoreRows& rows);

struct ScoreKernels {
  ScoreKernel weigh;
};

const ScoreKernels& score_kernels(Isa isa);

}  // namespace slipway
