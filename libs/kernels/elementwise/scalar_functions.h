// Functions that no vector form exists for: the definition itself, one element after the other.
#pragma once

#include <cmath>
#include <cstddef>

#include "kernels/numeric/float_math.h"

namespace slipway {

template <float (*kFunction)(float)>
void apply_each(const float* x, float* y, std::size_t count, float /*alpha*/, float /*beta*/) {
  for (std::size_t i = 0; i < count; ++i) y[i] = kFunction(x[i]);
}

}  // namespace slipway
