// Functions of one float, element by element; the bits of numeric/float_math.h and
// docs/numerics.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/isa.h"

namespace slipway {

enum class Unary : std::uint8_t {
  kCopy,
  kRelu,
  kSigmoid,
  kTanh,
  kExp,
  kExpm1,
  kLog,
  kErf,
  kGelu,
  kGeluTanh,
  kSilu,  // x * sigmoid(x)
  kSqrt,
  kAbs,
  kNegative,
  kCount,
};

// y[i] = f(x[i]) for i < count. y may be x.
using UnaryKernel = void (*)(const float* x, float* y, std::size_t count);

struct UnaryKernels {
  UnaryKernel of[static_cast<std::size_t>(Unary::kCount)];
};

const UnaryKernels& unary_kernels(Isa isa);

}  // namespace slipway
