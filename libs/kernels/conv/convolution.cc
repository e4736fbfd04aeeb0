#include <algorithm>

#include "kernels/conv/kernels.h"
#include "kernels/conv/partition.h"

namespace slipway {

std::size_t packed_conv_floats(const ConvShape& shape) {
  const std::size_t width = std::min(shape.in_channels, kConvBlock);
  return shape.groups * blocks_of(shape.out_channels) * blocks_of(shape.in_channels) *
         shape.kernel_positions() * width * kConvBlock;
}

void pack_conv(const ConvShape& shape, const float* weights, float* packed) {
  const std::size_t positions = shape.kernel_positions();
  const std::size_t width = std::min(shape.in_channels, kConvBlock);
  const std::size_t in_blocks = blocks_of(shape.in_channels);
  const std::size_t out_blocks = blocks_of(shape.out_channels);
  std::fill_n(packed, packed_conv_floats(shape), 0.0F);
  for (std::size_t g = 0; g < shape.groups; ++g) {
    for (std::size_t o = 0; o < shape.out_channels; ++o) {
      const std::size_t out_block = g * out_blocks + o / kConvBlock;
      for (std::size_t i = 0; i < shape.in_channels; ++i) {
        const std::size_t block = out_block * in_blocks + i / kConvBlock;
        for (std::size_t k = 0; k < positions; ++k) {
          const std::size_t row = (block * positions + k) * width + i % kConvBlock;
          packed[row * kConvBlock + o % kConvBlock] = *weights++;
        }
      }
    }
  }
}

ConvKernel blocked_convolution(const ConvShape& shape, Isa isa) {
  return shape.width.stride == 1 ? conv_kernels(isa).blocked : conv_strided_kernels(isa).blocked;
}

ConvKernel plain_convolution(const ConvShape&, Isa isa) { return conv_plain_kernels(isa).plain; }

std::size_t conv_units(const ConvShape& shape) { return partition(shape).units; }

}  // namespace slipway
