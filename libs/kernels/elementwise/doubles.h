// Functions of doubles that are one operation of IEEE 754, or pick one of their arguments; the bits
// of the reference operators.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/elementwise/whole.h"
#include "kernels/simd/isa.h"

namespace slipway {

// Numbers are part of the plan format.
enum class Double : std::uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMin,  // of equals a; NaN if there is one
  kMax,  // likewise
  // Of a alone; b has its extent, and is not read.
  kAbs,
  kSign,  // a NaN stays
  kSqrt,
  kCount,
};

// y[i] = f(a[i], b[i]), as those of whole numbers.
using DoubleElements = WholeElements;
DoubleElements double_elements(Isa isa, Double function);

}  // namespace slipway
