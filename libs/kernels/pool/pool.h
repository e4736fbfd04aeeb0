// Pooling of blocked tensors (conv/shape.h) in up to three axes; the bits of docs/numerics.md,
// "Pooling". Lanes beyond the channels hold anything, in the input and in the output.
#pragma once

#include <cstddef>

#include "kernels/conv/shape.h"
#include "kernels/simd/isa.h"

namespace slipway {

struct PoolShape {
  std::size_t blocks = 1;  // batch * blocks_of(channels)
  ConvAxis depth, height, width;
  // What an average that counts padding divides by: the taps that lie in the input or in these many
  // positions after it, or in the padding before it.
  bool counts_padding = false;
  std::ptrdiff_t depth_pad_end = 0, height_pad_end = 0, width_pad_end = 0;

  std::size_t in_positions() const { return depth.input * height.input * width.input; }
  std::size_t lines() const { return depth.output * height.output; }
};

// Rows [begin, end) of blocks * lines() rows of the output. A window without a tap gives -infinity
// and 0. y may not overlap x.
using PoolKernel = void (*)(const PoolShape& shape, const float* x, float* y, std::size_t begin,
                            std::size_t end);
// Blocks [begin, end), x [blocks][positions][16] to y [blocks][16]. positions is not 0.
using GlobalPoolKernel = void (*)(const float* x, float* y, std::size_t positions,
                                  std::size_t begin, std::size_t end);

struct PoolKernels {
  PoolKernel max;
  PoolKernel average;
  GlobalPoolKernel global_max;
  GlobalPoolKernel global_average;
};
const PoolKernels& pool_kernels(Isa isa);

}  // namespace slipway
