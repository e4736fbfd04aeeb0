// Between plain [C][positions] and blocked [ceil(C / 16)][positions][16], of one image.
#pragma once

#include <cstddef>

#include "kernels/simd/isa.h"

namespace slipway {

// Blocks [begin, end) of the blocked tensor. The lanes beyond `channels` become +0.
using ToBlocked = void (*)(const float* plain, float* blocked, std::size_t channels,
                           std::size_t positions, std::size_t begin, std::size_t end);
// Channels of blocks [begin, end).
using ToPlain = void (*)(const float* blocked, float* plain, std::size_t channels,
                         std::size_t positions, std::size_t begin, std::size_t end);

struct LayoutKernels {
  ToBlocked to_blocked;
  ToPlain to_plain;
};

const LayoutKernels& layout_kernels(Isa isa);

}  // namespace slipway
