// Pooling of blocked bytes (conv/shape.h): unsigned ones, or signed ones with 128 added. Lanes
// beyond the channels hold anything, in the input and in the output.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/pool/pool.h"
#include "kernels/simd/isa.h"

namespace slipway {

// Rows [begin, end) of blocks * lines() rows of the output. A window without a tap gives 0. y may
// not overlap x.
using ByteMaxPoolKernel = void (*)(const PoolShape& shape, const std::uint8_t* x, std::uint8_t* y,
                                   std::size_t begin, std::size_t end);

// y = saturate(round_half_even(average / y_scale) + y_zero), the average being that of pool.h over
// the floats (x - x_zero) * x_scale.
struct ByteAverage {
  std::int32_t x_zero = 0;
  float x_scale = 1;
  std::int32_t y_zero = 0;
  float y_scale = 1;
};
// Blocks [begin, end), x [blocks][positions][16] to y [blocks][16]. positions is not 0.
using ByteGlobalAverageKernel = void (*)(const ByteAverage& average, const std::uint8_t* x,
                                         std::uint8_t* y, std::size_t positions, std::size_t begin,
                                         std::size_t end);

struct BytePoolKernels {
  ByteMaxPoolKernel max;
  ByteGlobalAverageKernel global_average;
};
const BytePoolKernels& byte_pool_kernels(Isa isa);

}  // namespace slipway
