// The few channels of a first layer as blocked bytes: saturate(round_half_even(x / scale) + zero).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/isa.h"

namespace slipway {

inline constexpr std::size_t kFewChannels = 4;

// Positions [begin, end) of a block whose channels are planes of `positions` floats. Of each
// position the first four bytes are written, those beyond the channels with anything.
using QuantizeFew = void (*)(const float* plain, std::uint8_t* blocked, std::size_t positions,
                             float scale, std::int32_t zero, std::size_t begin, std::size_t end);

struct ByteQuantizeKernels {
  QuantizeFew few[kFewChannels];  // by channels, less one
};
const ByteQuantizeKernels& byte_quantize_kernels(Isa isa);

}  // namespace slipway
