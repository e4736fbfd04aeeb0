// Bytes between plain [C][positions] and blocked [ceil(C / 16)][positions][16], of one image, and
// floats that become blocked bytes.
//
// A blocked tensor of signed bytes holds each with 128 added, as an unsigned one: `flip` is 0x80
// for those, 0 for unsigned bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/isa.h"

namespace slipway {

// Blocks [begin, end) of the blocked tensor. The lanes beyond `channels` become 0.
void bytes_to_blocked(const std::uint8_t* plain, std::uint8_t* blocked, std::size_t channels,
                      std::size_t positions, std::uint8_t flip, std::size_t begin, std::size_t end);
// Channels of blocks [begin, end).
void bytes_to_plain(const std::uint8_t* blocked, std::uint8_t* plain, std::size_t channels,
                    std::size_t positions, std::uint8_t flip, std::size_t begin, std::size_t end);

// saturate(round_half_even(x / scale) + zero) of plain floats, as unsigned bytes: positions [begin,
// end) of one block of channels, of which `plain` and `blocked` are the first. The lanes beyond
// `channels`, of which there are 1 to 16, hold anything.
void quantize_to_blocked(Isa isa, const float* plain, std::uint8_t* blocked, std::size_t channels,
                         std::size_t positions, float scale, std::int32_t zero, std::size_t begin,
                         std::size_t end);

}  // namespace slipway
