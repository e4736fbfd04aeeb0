// Transposed convolution, both tensors blocked; the bits of docs/numerics.md, "Convolution". In the
// axes of the shape, tap k of input i reaches output i * stride - pad + k * dilation. A group's
// channels fill whole blocks of 16, or there is one group. operands.residual is null.
#pragma once

#include <cstddef>

#include "kernels/conv/direct.h"
#include "kernels/conv/shape.h"
#include "kernels/simd/isa.h"

namespace slipway {

// Weights [groups * in_channels][out_channels][kernel positions], as ONNX has them, packed as
// pack_conv packs those of a convolution; as many floats.
void pack_transposed(const ConvShape& shape, const float* weights, float* packed);

// A unit is a row of the output by two blocks of output channels.
std::size_t transposed_units(const ConvShape& shape);

ConvKernel transposed_convolution(Isa isa);

}  // namespace slipway
