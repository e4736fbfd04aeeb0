// A convolution and the depthwise one that follows it, a band of rows at a time: what lies between
// them stays in the second cache. The bits are those of the two, one after the other.
#pragma once

#include <cstddef>

#include "kernels/conv/shape.h"
#include "kernels/simd/isa.h"

namespace slipway {

// depth is 1 in both. The second is depthwise, over the output of the first; that has one group.
struct ConvPairShape {
  ConvShape first;
  ConvShape second;
  bool is_plain = false;  // x; blocked otherwise
};

// Neither has a residual; the first has no y, the second no x.
struct ConvPairOperands {
  ConvOperands first;
  ConvOperands second;
};

// A unit is a segment of the rows of the output by two blocks of its channels.
std::size_t conv_pair_units(const ConvPairShape& shape);
std::size_t conv_pair_scratch_floats(const ConvPairShape& shape);

// Units [begin, end). scratch, aligned to 64 bytes, is the caller's alone; y may not overlap x.
void run_conv_pair(Isa isa, const ConvPairShape& shape, const ConvPairOperands& operands,
                   float* scratch, std::size_t begin, std::size_t end);

}  // namespace slipway
