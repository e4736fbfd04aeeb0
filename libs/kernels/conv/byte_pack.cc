#include <algorithm>

#include "kernels/conv/byte_conv.h"

namespace slipway {
namespace {

constexpr std::size_t kFour = 4;

std::size_t fours_of(const ConvShape& shape) {
  return (std::min(shape.in_channels, kConvBlock) + kFour - 1) / kFour;
}

}  // namespace

std::size_t packed_byte_conv_bytes(const ConvShape& shape) {
  return shape.groups * blocks_of(shape.out_channels) * blocks_of(shape.in_channels) *
         shape.kernel_positions() * fours_of(shape) * kFour * kConvBlock;
}

std::size_t packed_byte_conv_sums(const ConvShape& shape) {
  return shape.groups * blocks_of(shape.out_channels) * shape.kernel_positions() * kConvBlock;
}

void pack_byte_conv(const ConvShape& shape, const std::int8_t* weights, std::int8_t* packed,
                    std::int32_t* tap_sums) {
  const std::size_t taps = shape.kernel_positions();
  const std::size_t in_blocks = blocks_of(shape.in_channels);
  const std::size_t out_blocks = blocks_of(shape.out_channels);
  std::fill_n(packed, packed_byte_conv_bytes(shape), std::int8_t{0});
  std::fill_n(tap_sums, packed_byte_conv_sums(shape), 0);
  for (std::size_t o = 0; o < shape.groups * shape.out_channels; ++o) {
    const std::size_t in_group = o % shape.out_channels;
    const std::size_t out_block = o / shape.out_channels * out_blocks + in_group / kConvBlock;
    const std::size_t lane = in_group % kConvBlock;
    for (std::size_t i = 0; i < shape.in_channels; ++i) {
      const std::size_t block = out_block * in_blocks + i / kConvBlock;
      for (std::size_t k = 0; k < taps; ++k) {
        const std::size_t four = (block * taps + k) * fours_of(shape) + i % kConvBlock / kFour;
        packed[(four * kConvBlock + lane) * kFour + i % kFour] = *weights;
        tap_sums[(out_block * taps + k) * kConvBlock + lane] += *weights;
        ++weights;
      }
    }
  }
}

}  // namespace slipway
