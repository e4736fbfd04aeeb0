// The order of a convolution's products along k: blocks of 16 input channels, within a block the
// kernel positions in row-major order, within a position the channels of the block. One chain.
#pragma once

#include <cstddef>

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

}  // namespace slipway::numeric
