// The tables behind direct.h, one for each source.
#pragma once

#include "kernels/conv/direct.h"

namespace slipway {

// Rows of the output of one image of one group, by some blocks of output channels.
struct ConvBand {
  Range lines;          // depth by depth
  std::size_t blocks;   // from that on at which weights and bias stand
  std::size_t y_block;  // floats from block to block of y, which stands at the first of the rows
};
// The residual lies as y does.
using ConvBandKernel = void (*)(const ConvShape& shape, const ConvBand& band,
                                const ConvOperands& operands);

struct ConvKernels {
  ConvKernel blocked;  // width stride 1
  ConvBandKernel band;
  ConvKernel transposed;
};
struct ConvStridedKernels {
  ConvKernel blocked;
  ConvBandKernel band;
};
struct ConvPlainKernels {
  ConvKernel plain;
  ConvBandKernel band;
};

struct GateKernels {
  // One block of channels times a factor for each.
  void (*scale)(const float* x, const float* factors, float* y, std::size_t positions);
};

const ConvKernels& conv_kernels(Isa isa);
const ConvStridedKernels& conv_strided_kernels(Isa isa);
const ConvStridedKernels& conv_stride_two_kernels(Isa isa);
const ConvPlainKernels& conv_plain_kernels(Isa isa);
const ConvPlainKernels& conv_plain_stride_two_kernels(Isa isa);
const GateKernels& gate_kernels(Isa isa);

ConvBandKernel band_convolution(const ConvShape& shape, bool is_plain, Isa isa);

}  // namespace slipway
