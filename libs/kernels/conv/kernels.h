// The tables behind direct.h, one for each source.
#pragma once

#include "kernels/conv/direct.h"

namespace slipway {

struct ConvKernels {
  ConvKernel blocked;  // width stride 1
  ConvKernel transposed;
};
struct ConvStridedKernels {
  ConvKernel blocked;
};
struct ConvPlainKernels {
  ConvKernel plain;
};

const ConvKernels& conv_kernels(Isa isa);
const ConvStridedKernels& conv_strided_kernels(Isa isa);
const ConvPlainKernels& conv_plain_kernels(Isa isa);

}  // namespace slipway
