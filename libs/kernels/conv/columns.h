// Convolution of single columns: a column is one position of a signal in one dimension, its
// channels side by side. Which columns an output reads is said by pointers, so that a convolution
// over a window that slides computes only the columns that are new, from wherever the others are
// kept. The bits of docs/numerics.md, "Convolution".
#pragma once

#include <cstddef>

#include "kernels/activation.h"
#include "kernels/simd/isa.h"

namespace slipway {

inline constexpr std::size_t kMostColumns = 6;  // of one call

// Column m of y = activation((sum + bias) + residual), or activation(sum + bias) + residual. y
// overlaps nothing that is read.
struct ColumnsCall {
  std::size_t columns;  // 1 .. kMostColumns
  std::size_t taps;
  std::size_t in_channels;
  std::size_t out_channels;
  const float* const* x;         // tap k of column m: x[m * taps + k]; null: skipped
  const float* weights;          // of one group, as pack_conv (direct.h) leaves them
  const float* bias;             // filled up to whole blocks of 16, or null
  const float* const* residual;  // of each column, or null
  bool residual_is_last;
  ActivationSpec activation;
  float* y;  // column m at y + m * out_channels
};

// Of blocks [first, end) of 16 output channels.
using ColumnsKernel = void (*)(const ColumnsCall& call, std::size_t first, std::size_t end);

struct ColumnsKernels {
  ColumnsKernel convolve;
};

const ColumnsKernels& columns_kernels(Isa isa);

}  // namespace slipway
