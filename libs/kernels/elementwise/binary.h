// Functions of two floats, element by element; the bits of the reference operators.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/isa.h"

namespace slipway {

enum class Binary : std::uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMax,    // of equals a; NaN if there is one
  kMin,    // likewise
  kPrelu,  // a < 0 ? a b : a
  kPow,
  kCount,
};

// y[i] = f(a[i], b[i]) for i < count; y may be a or b. A scalar is read once.
struct BinaryKernel {
  void (*both)(const float* a, const float* b, float* y, std::size_t count);
  void (*right_scalar)(const float* a, float b, float* y, std::size_t count);
  void (*left_scalar)(float a, const float* b, float* y, std::size_t count);
};

// y[i] = condition[i] != 0 ? a[i] : b[i]. A step is 0 for a scalar, else 1; y must overlap none.
using ChooseElements = void (*)(const std::uint8_t* condition, std::size_t condition_step,
                                const void* a, std::size_t a_step, const void* b,
                                std::size_t b_step, void* y, std::size_t count);

struct BinaryKernels {
  BinaryKernel of[static_cast<std::size_t>(Binary::kCount)];
  ChooseElements where;  // of four bytes

  const BinaryKernel& operator[](Binary f) const { return of[static_cast<std::size_t>(f)]; }
};

const BinaryKernels& binary_kernels(Isa isa);

}  // namespace slipway
