// Convolution in up to three axes with any stride, dilation and padding; the bits of
// docs/numerics.md, "Convolution". A group's output channels fill whole blocks of 16, or there is
// one group; likewise its input channels where the input is blocked. The output is blocked.
#pragma once

#include <cstddef>

#include "kernels/conv/shape.h"
#include "kernels/simd/isa.h"

namespace slipway {

// Weights [groups * out_channels][in_channels][kernel positions], as ONNX has them, packed as
// [output blocks of all groups][input blocks][kernel positions][min(16, in_channels)][16], 0 where
// there is no such channel.
std::size_t packed_conv_floats(const ConvShape& shape);
void pack_conv(const ConvShape& shape, const float* weights, float* packed);

// Into how many units the work can be cut.
std::size_t conv_units(const ConvShape& shape);

// Units [begin, end) of the work. y may not overlap an input; residual may be y.
using ConvKernel = void (*)(const ConvShape& shape, const ConvOperands& operands, std::size_t begin,
                            std::size_t end);

// The kernel for x blocked.
ConvKernel blocked_convolution(const ConvShape& shape, Isa isa);
// The kernel for x plain, meant for the few channels of a first layer.
ConvKernel plain_convolution(const ConvShape& shape, Isa isa);

}  // namespace slipway
