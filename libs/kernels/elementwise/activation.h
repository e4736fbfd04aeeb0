// The activations of kernels/activation.h on a row of floats, in place.
#pragma once

#include <cstddef>

#include "kernels/activation.h"
#include "kernels/simd/isa.h"

namespace slipway {

struct ActivationKernels {
  void (*row)(float* y, std::size_t count, ActivationSpec spec);
};

const ActivationKernels& activation_kernels(Isa isa);

}  // namespace slipway
