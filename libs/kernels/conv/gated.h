// Pointwise convolution of an input times a gate, one factor for each channel of each image: what a
// squeeze-and-excitation block ends with. The bits are those of the product, then the convolution.
#pragma once

#include <cstddef>

#include "kernels/conv/direct.h"
#include "kernels/conv/shape.h"
#include "kernels/simd/isa.h"

namespace slipway {

// A unit is one of direct.h; the shape is pointwise, of one group.
std::size_t gated_scratch_floats(const ConvShape& shape);

// Units [begin, end) of conv_units(shape). x and gate, [batch][blocks][16], are blocked; scratch,
// aligned to 64 bytes, is the caller's alone.
void run_gated_convolution(Isa isa, const ConvShape& shape, const ConvOperands& operands,
                           const float* gate, float* scratch, std::size_t begin, std::size_t end);

}  // namespace slipway
