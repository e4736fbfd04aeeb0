// The order of a convolution's products along k: blocks of 16 input channels, within a block the
// kernel positions in row-major order, within a position the channels of the block.
#pragma once

#include <cstddef>

#include "kernels/numeric/dot.h"

namespace slipway::numeric {

inline constexpr std::size_t kChannelBlock = 16;

struct Tap {
  std::size_t channel;   // of the group
  std::size_t position;  // of the kernel, row-major
};

// Where k is, for k below channels * positions.
constexpr Tap convolution_tap(std::size_t k, std::size_t channels, std::size_t positions) {
  const std::size_t block = k / (kChannelBlock * positions);
  const std::size_t first = block * kChannelBlock;
  const std::size_t width = channels - first < kChannelBlock ? channels - first : kChannelBlock;
  const std::size_t rest = k - first * positions;
  return {first + rest % width, rest / width};
}

// The chains of one output, by the group's channels, the kernel's positions and the output's
// spatial positions. Padded taps count in k.
constexpr std::size_t convolution_chains(std::size_t in_channels, std::size_t kernel_positions,
                                         std::size_t out_channels, std::size_t out_positions) {
  return chain_count(out_channels * out_positions, in_channels * kernel_positions);
}

}  // namespace slipway::numeric
