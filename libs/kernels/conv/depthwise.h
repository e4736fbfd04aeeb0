// Depthwise convolution: groups channels, each with one filter of its own, in_channels and
// out_channels 1. Any kernel, stride, dilation and padding in up to three axes; both tensors
// blocked. The bits of docs/numerics.md, "Convolution".
#pragma once

#include <cstddef>

#include "kernels/conv/direct.h"
#include "kernels/conv/shape.h"
#include "kernels/simd/isa.h"

namespace slipway {

// Weights [groups][1][kernel positions], packed as [blocks][kernel positions][16].
std::size_t packed_depthwise_floats(const ConvShape& shape);
void pack_depthwise(const ConvShape& shape, const float* weights, float* packed);

// A unit is a row of one block of channels of one image.
std::size_t depthwise_units(const ConvShape& shape);

struct DepthwiseKernels {
  ConvKernel blocked;
};
const DepthwiseKernels& depthwise_kernels(Isa isa);

}  // namespace slipway
