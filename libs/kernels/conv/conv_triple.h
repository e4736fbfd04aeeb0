// An inverted bottleneck: a convolution, the depthwise one that follows it and the pointwise one
// after that, a band of rows at a time, so that only its input and its output go through memory.
// The bits are those of the three, one after the other.
#pragma once

#include <cstddef>

#include "kernels/conv/conv_pair.h"

namespace slipway {

// depth is 1 in all. The third is pointwise and has one group.
struct ConvTripleShape {
  ConvPairShape pair;
  ConvShape third;
};

// The pair's second has no y, the third no x.
struct ConvTripleOperands {
  ConvPairOperands pair;
  ConvOperands third;
};

// Whether its weights and the rows that it works on fit into the second cache together.
bool is_conv_triple(const ConvTripleShape& shape);

// A unit is a segment of the rows of the output.
std::size_t conv_triple_units(const ConvTripleShape& shape);
std::size_t conv_triple_scratch_floats(const ConvTripleShape& shape);

// Units [begin, end). scratch, aligned to 64 bytes, is the caller's alone; y may not overlap x;
// the residual may be y.
void run_conv_triple(Isa isa, const ConvTripleShape& shape, const ConvTripleOperands& operands,
                     float* scratch, std::size_t begin, std::size_t end);

}  // namespace slipway
