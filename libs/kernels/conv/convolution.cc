#include <algorithm>

#include "kernels/conv/kernels.h"
#include "kernels/conv/partition.h"
#include "kernels/conv/transposed.h"

namespace slipway {

namespace {

// weight(output channel, input channel of its group, kernel position)
template <typename Weight>
void pack(const ConvShape& shape, float* packed, Weight weight) {
  const std::size_t positions = shape.kernel_positions();
  const std::size_t width = std::min(shape.in_channels, kConvBlock);
  const std::size_t in_blocks = blocks_of(shape.in_channels);
  const std::size_t out_blocks = blocks_of(shape.out_channels);
  std::fill_n(packed, packed_conv_floats(shape), 0.0F);
  for (std::size_t o = 0; o < shape.groups * shape.out_channels; ++o) {
    const std::size_t in_group = o % shape.out_channels;
    const std::size_t out_block = o / shape.out_channels * out_blocks + in_group / kConvBlock;
    for (std::size_t i = 0; i < shape.in_channels; ++i) {
      const std::size_t block = out_block * in_blocks + i / kConvBlock;
      for (std::size_t k = 0; k < positions; ++k) {
        const std::size_t row = (block * positions + k) * width + i % kConvBlock;
        packed[row * kConvBlock + in_group % kConvBlock] = weight(o, i, k);
      }
    }
  }
}

}  // namespace

std::size_t packed_conv_floats(const ConvShape& shape) {
  const std::size_t width = std::min(shape.in_channels, kConvBlock);
  return shape.groups * blocks_of(shape.out_channels) * blocks_of(shape.in_channels) *
         shape.kernel_positions() * width * kConvBlock;
}

void pack_conv(const ConvShape& shape, const float* weights, float* packed) {
  pack(shape, packed, [&](std::size_t o, std::size_t i, std::size_t k) {
    return weights[(o * shape.in_channels + i) * shape.kernel_positions() + k];
  });
}

void pack_transposed(const ConvShape& shape, const float* weights, float* packed) {
  pack(shape, packed, [&](std::size_t o, std::size_t i, std::size_t k) {
    const std::size_t channel = o / shape.out_channels * shape.in_channels + i;
    const std::size_t filter = channel * shape.out_channels + o % shape.out_channels;
    return weights[filter * shape.kernel_positions() + k];
  });
}

std::size_t transposed_units(const ConvShape& shape) {
  return shape.batch * shape.groups * ((blocks_of(shape.out_channels) + 1) / 2) *
         shape.depth.output * shape.height.output;
}

ConvKernel transposed_convolution(Isa isa) { return conv_kernels(isa).transposed; }

ConvKernel blocked_convolution(const ConvShape& shape, Isa isa) {
  if (shape.width.stride == 1) return conv_kernels(isa).blocked;
  if (shape.width.stride == 2) return conv_stride_two_kernels(isa).blocked;
  return conv_strided_kernels(isa).blocked;
}

ConvKernel plain_convolution(const ConvShape& shape, Isa isa) {
  if (shape.width.stride == 2) return conv_plain_stride_two_kernels(isa).plain;
  return conv_plain_kernels(isa).plain;
}

ConvBandKernel band_convolution(const ConvShape& shape, bool is_plain, Isa isa) {
  const std::size_t stride = shape.width.stride;
  if (is_plain)
    return stride == 2 ? conv_plain_stride_two_kernels(isa).band : conv_plain_kernels(isa).band;
  if (stride == 1) return conv_kernels(isa).band;
  return stride == 2 ? conv_stride_two_kernels(isa).band : conv_strided_kernels(isa).band;
}

std::size_t conv_units(const ConvShape& shape) { return partition(shape).units; }

}  // namespace slipway
