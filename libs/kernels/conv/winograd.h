// Convolution of 3 x 3 taps by Winograd's tiles of 2 x 2 outputs: the bits of docs/numerics.md,
// "Convolution". Input and output are blocked.
//
// For some rows of tiles the input's points are computed, sixteen pointwise convolutions multiply
// them with those of the weights (direct.h), and the sums become outputs, two blocks of channels at
// a time.
#pragma once

#include <cstddef>

#include "kernels/conv/shape.h"
#include "kernels/numeric/winograd.h"
#include "kernels/simd/isa.h"

namespace slipway {

constexpr bool is_winograd(const ConvShape& shape) {
  const ConvAxis& d = shape.depth;
  const ConvAxis& h = shape.height;
  const ConvAxis& w = shape.width;
  return shape.groups == 1 && d.input == 1 && d.output == 1 && d.kernel == 1 && d.pad == 0 &&
         numeric::takes_winograd(shape.in_channels, shape.out_channels,
                                 {h.output, h.kernel, h.stride, h.dilation},
                                 {w.output, w.kernel, w.stride, w.dilation});
}

// The shape is_winograd in all that follows.

// Weights [out_channels][in_channels][9], as ONNX has them, packed as [pairs of output
// blocks][points][output blocks of the pair] of a pointwise convolution (direct.h).
std::size_t packed_winograd_floats(const ConvShape& shape);
void pack_winograd(const ConvShape& shape, const float* weights, float* packed);

// Into how many units the work can be cut. A unit needs the points of its rows of tiles: units next
// to each other often share them.
std::size_t winograd_units(const ConvShape& shape);
std::size_t winograd_scratch_floats(const ConvShape& shape);

// Units [begin, end). scratch, aligned to 64 bytes, is the caller's alone; y may not overlap an
// input.
void run_winograd(Isa isa, const ConvShape& shape, const ConvOperands& operands, float* scratch,
                  std::size_t begin, std::size_t end);

}  // namespace slipway
