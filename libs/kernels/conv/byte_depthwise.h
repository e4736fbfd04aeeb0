// Depthwise convolution of bytes: that of depthwise.h with the operands and the rule of
// byte_conv.h, but for tap_sums, which it does without.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv/byte_conv.h"
#include "kernels/simd/isa.h"

namespace slipway {

// Weights [groups][1][kernel positions], packed as [blocks][kernel positions][16].
std::size_t packed_byte_depthwise_bytes(const ConvShape& shape);
void pack_byte_depthwise(const ConvShape& shape, const std::int8_t* weights, std::int8_t* packed);

// Units [begin, end) of depthwise_units(shape).
struct ByteDepthwiseKernels {
  ByteConvKernel blocked;
};
const ByteDepthwiseKernels& byte_depthwise_kernels(Isa isa);

}  // namespace slipway
