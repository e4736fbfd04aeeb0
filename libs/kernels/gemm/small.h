// Products of many small matrices in float, as of rotations and poses, with the bits of
// numeric/dot.h.
#pragma once

#include <cstddef>

#include "kernels/simd/isa.h"

namespace slipway {

inline constexpr std::size_t kMostSmall = 16;  // rows of B, and columns

// count times C [m, n] = A [m, k] B [k, n], rows one after the other, each sum in one chain. The
// products stand `step` elements after each other, C's without a gap; a step may be 0.
struct SmallProducts {
  std::size_t m = 0, n = 0, k = 0;  // n and k from 1 to kMostSmall
  const float* a = nullptr;
  const float* b = nullptr;
  float* c = nullptr;
  std::size_t a_step = 0, b_step = 0;
  std::size_t count = 0;
};

// C overlaps nothing that is read.
using SmallProductKernel = void (*)(const SmallProducts& products);

SmallProductKernel small_products(Isa isa);

}  // namespace slipway
