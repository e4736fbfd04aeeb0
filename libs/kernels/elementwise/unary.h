// Functions of one float, element by element; the bits of numeric/float_math.h and
// docs/numerics.md.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/isa.h"

namespace slipway {

// alpha and beta are the two parameters that every kernel takes; most ignore them.
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
  kReciprocal,
  kFloor,
  kCeil,
  kRound,  // half to even
  kSign,
  kClip,             // to [alpha, beta], alpha first; a NaN stays
  kLeakyRelu,        // x < 0 ? alpha x : x
  kHardSigmoid,      // alpha x + beta, to [0, 1]
  kHardSwish,        // x times (x / 6 + 1/2, to [0, 1])
  kElu,              // x < 0 ? alpha expm1(x) : x
  kSelu,             // beta (x > 0 ? x : alpha expm1(x))
  kCelu,             // x > 0 ? x : alpha expm1(x / alpha)
  kSwish,            // x sigmoid(alpha x)
  kSoftsign,         // x / (1 + |x|)
  kThresholdedRelu,  // x <= alpha ? +0 : x
  kShrink,           // x < -alpha ? x + beta : x > alpha ? x - beta : +0
  // Through double.
  kSoftplus,
  kMish,
  kSin,
  kCos,
  kTan,
  kAsin,
  kAcos,
  kAtan,
  kSinh,
  kCosh,
  kAsinh,
  kAcosh,
  kAtanh,
  kLog1p,
  kCount,
};

// y[i] = f(x[i]) for i < count. y may be x.
using UnaryKernel = void (*)(const float* x, float* y, std::size_t count, float alpha, float beta);

struct UnaryKernels {
  UnaryKernel of[static_cast<std::size_t>(Unary::kCount)];

  UnaryKernel operator[](Unary function) const { return of[static_cast<std::size_t>(function)]; }
};

const UnaryKernels& unary_kernels(Isa isa);

}  // namespace slipway
