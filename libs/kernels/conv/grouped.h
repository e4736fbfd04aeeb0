// Convolution in small groups: in_channels and out_channels of a group both 2, 4 or 8, so that a
// block of channels holds whole groups. Otherwise as depthwise.h; both tensors blocked.
#pragma once

#include <cstddef>

#include "kernels/conv/direct.h"
#include "kernels/conv/shape.h"
#include "kernels/simd/isa.h"

namespace slipway {

// Whether this kernel knows the shape.
constexpr bool is_grouped(const ConvShape& shape) {
  const std::size_t n = shape.in_channels;
  return n == shape.out_channels && (n == 2 || n == 4 || n == 8);
}

// Weights [groups * out_channels][in_channels][kernel positions], packed as
// [blocks][kernel positions][in_channels][16].
std::size_t packed_grouped_floats(const ConvShape& shape);
void pack_grouped(const ConvShape& shape, const float* weights, float* packed);

// A unit is a row of one block of channels of one image.
std::size_t grouped_units(const ConvShape& shape);

struct GroupedKernels {
  ConvKernel blocked;
};
const GroupedKernels& grouped_kernels(Isa isa);

}  // namespace slipway
