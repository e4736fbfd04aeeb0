#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv/gated.cc"
#include "kernels/conv/gated.h"

#include <algorithm>

#include "kernels/conv/kernels.h"
#include "kernels/conv/partition.h"
#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

void scale(const float* x, const float* gate, float* y, std::size_t positions) {
  const F32x16 factors = load(gate);
  for (std::size_t i = 0; i < positions * kConvBlock; i += kConvBlock)
    store(mul(load(x + i), factors), y + i);
}

constexpr GateKernels kTable = {scale};

}  // namespace
const GateKernels& gate_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {

SLIPWAY_KERNELS(GateKernels, gate_kernels, gate_table)

std::size_t gated_scratch_floats(const ConvShape& shape) {
  const ConvPartition part = partition(shape);
  return blocks_of(shape.in_channels) * part.chunks.largest() * kConvBlock;
}

void run_gated_convolution(Isa isa, const ConvShape& shape, const ConvOperands& operands,
                           const float* gate, float* scratch, std::size_t begin, std::size_t end) {
  const ConvPartition part = partition(shape);
  const std::size_t in_blocks = blocks_of(shape.in_channels);
  const std::size_t pitch = shape.in_positions() * kConvBlock;  // of x and y
  const std::size_t w_block = packed_conv_floats(shape) / part.out_blocks;
  const auto scale = gate_kernels(isa).scale;
  while (begin < end) {
    const ConvUnits u = first_units(shape, part, begin, end);
    begin += u.blocks.size();
    for (std::size_t b = 0; b < in_blocks; ++b) {
      const std::size_t block = u.image * in_blocks + b;
      scale(operands.x + block * pitch + u.lines.begin * kConvBlock, gate + block * kConvBlock,
            scratch + b * u.lines.size() * kConvBlock, u.lines.size());
    }
    ConvShape chunk = flattened(shape);
    chunk.width.input = chunk.width.output = u.lines.size();
    const std::size_t y =
        (u.image * part.out_blocks + u.blocks.begin) * pitch + u.lines.begin * kConvBlock;
    ConvOperands at = operands;
    at.x = scratch;
    at.weights += u.blocks.begin * w_block;
    if (at.bias != nullptr) at.bias += u.blocks.begin * kConvBlock;
    if (at.residual != nullptr) at.residual += y;
    at.y += y;
    conv_kernels(isa).band(chunk, {{0, 1}, u.blocks.size(), pitch}, at);
  }
}

}  // namespace slipway
#endif
