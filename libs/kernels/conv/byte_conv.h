// Convolution of unsigned bytes with signed weights of zero point 0: exact int32 sums, then back to
// bytes by the rule of QLinearConv (docs/numerics.md, "Conversions and quantisation"). Signed
// activations go as bytes with 128 added to them and to their zero point.
//
//   sum = sum over taps of (x - x_zero) w + bias
//   q = saturate(round_half_even(float(sum) * multiplier) + y_zero), within [low, high]
//   y = q, or, where floats are wanted, float(sum) * multiplier, plus a bias, or with a residual
//       saturate(round_half_even(((q - y_zero) * y_scale + (r - zero) * scale) / sum_scale)
//                + sum_zero), within [sum_low, sum_high]
//
// Tensors are blocked as those of shape.h, of bytes. A group's channels fill whole blocks, or there
// is one group.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv/shape.h"
#include "kernels/simd/isa.h"

namespace slipway {

// The addition that follows in the graph: both terms dequantised, their sum quantised. Within
// [low, high] is a Relu or a Clip between the sum and its quantisation.
struct ByteResidual {
  const std::uint8_t* r = nullptr;  // of the shape and layout of y; null: none
  std::int32_t zero = 0;
  float scale = 1;
  float y_scale = 1;
  float sum_scale = 1;
  std::int32_t sum_zero = 0;
  std::int32_t sum_low = 0, sum_high = 255;
};

struct ByteConvOperands {
  const std::uint8_t* x = nullptr;
  std::int32_t x_zero = 0;
  const std::int8_t* weights = nullptr;    // packed
  const std::int32_t* tap_sums = nullptr;  // packed
  const std::int32_t* bias = nullptr;      // for each output channel, in whole blocks; or null
  const float* multiplier = nullptr;       // likewise, never null: x_scale * w_scale / y_scale
  std::uint8_t* y = nullptr;
  float* floats = nullptr;            // in place of y where it is not null
  const float* float_bias = nullptr;  // as bias, added to floats; or null
  std::int32_t y_zero = 0;
  std::int32_t low = 0, high = 255;  // a Relu is low = y_zero
  ByteResidual residual;
};

// Weights [groups * out_channels][in_channels][kernel positions], packed as [output blocks][input
// blocks][kernel positions][fours of channels][16 outputs][4 channels], 0 where there is no such
// channel; and their sums over the input channels, [output blocks][kernel positions][16].
std::size_t packed_byte_conv_bytes(const ConvShape& shape);
std::size_t packed_byte_conv_sums(const ConvShape& shape);
void pack_byte_conv(const ConvShape& shape, const std::int8_t* weights, std::int8_t* packed,
                    std::int32_t* tap_sums);

// Units [begin, end) of conv_units(shape). y may not overlap x; the residual may be y.
using ByteConvKernel = void (*)(const ConvShape& shape, const ByteConvOperands& operands,
                                std::size_t begin, std::size_t end);

struct ByteConvKernels {
  ByteConvKernel blocked;
};
const ByteConvKernels& byte_conv_kernels(Isa isa);

}  // namespace slipway
