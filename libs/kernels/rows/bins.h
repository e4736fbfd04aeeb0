// Numbers counted in bins of one width.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/isa.h"

namespace slipway {

constexpr std::size_t kBins = 4096;

struct BinKernels {
  // counts[floor(x * scale) + kBins / 2] + 1 for each of x, which has to be one of kBins. `scale`
  // is a power of two.
  void (*count)(const float* x, std::size_t n, float scale, std::uint64_t* counts);
};

const BinKernels& bin_kernels(Isa isa);

}  // namespace slipway
