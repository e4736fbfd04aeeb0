// The convolutions that are computed in tiles (kernels/numeric/winograd.h).
#pragma once

#include "ops/nn/convolution.h"

namespace slipway {

bool is_winograd(const Convolution& plan);

// Of a plan that is one. Adds the bias, where there is one, last.
void convolve_tiles(const Convolution& plan, const float* x, const float* weights,
                    const float* bias, float* y);

}  // namespace slipway
