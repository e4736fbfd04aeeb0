#include <algorithm>

#include "kernels/conv/byte_layout.h"
#include "kernels/conv/shape.h"
#include "kernels/elementwise/quantize.h"
#include "runtime/steps/bytes.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kUnit = 4096;  // elements, or positions

struct Blocks {
  Isa isa;
  QuantizeKernels::Quantize quantize;
  QuantizeKernels::Dequantize dequantize;
  plan::ByteScale scale;
  std::uint32_t from, to;
  std::size_t count;                        // elements, with those of the lanes beyond
  std::size_t channels, positions, blocks;  // of an image
  std::size_t chunks;                       // of a block's positions
};

RunCode quantize(const void* context, const Call& call) {
  const Blocks& b = *static_cast<const Blocks*>(context);
  const std::size_t begin = call.begin * kUnit;
  const std::size_t end = std::min(call.end * kUnit, b.count);
  b.quantize.one(call.at<const float>(b.from) + begin, call.at<std::uint8_t>(b.to) + begin,
                 end - begin, b.scale.scale, b.scale.zero);
  return RunCode::kOk;
}

RunCode dequantize(const void* context, const Call& call) {
  const Blocks& b = *static_cast<const Blocks*>(context);
  const std::size_t begin = call.begin * kUnit;
  const std::size_t end = std::min(call.end * kUnit, b.count);
  b.dequantize.one(call.at<const std::uint8_t>(b.from) + begin, call.at<float>(b.to) + begin,
                   end - begin, b.scale.scale, b.scale.zero);
  return RunCode::kOk;
}

// A unit is a chunk of the positions of a block of channels of an image.
RunCode quantize_plain(const void* context, const Call& call) {
  const Blocks& b = *static_cast<const Blocks*>(context);
  for (std::size_t unit = call.begin; unit < call.end; ++unit) {
    const std::size_t block = unit / b.chunks;
    const std::size_t first = block % b.blocks * kConvBlock;  // channel
    const std::size_t begin = unit % b.chunks * kUnit;
    quantize_to_blocked(
        b.isa, call.at<const float>(b.from) + (block / b.blocks * b.channels + first) * b.positions,
        call.at<std::uint8_t>(b.to) + block * b.positions * kConvBlock,
        std::min(b.channels - first, kConvBlock), b.positions, b.scale.scale, b.scale.zero, begin,
        std::min(begin + kUnit, b.positions));
  }
  return RunCode::kOk;
}

// The operands of either: `narrow` holds the bytes.
Result<Blocks*> make_blocks(const Binder& binder, const Operand& narrow, const Operand& wide) {
  const auto scale = TRY(binder.params<plan::ByteScale>());
  if (!is_blocked_bytes(narrow) || wide.dtype != DType::kFloat32 || narrow.elements == 0 ||
      !is_valid(scale) ||
      !std::equal(narrow.dims.begin(), narrow.dims.end(), wide.dims.begin(), wide.dims.end())) {
    return binder.error("its operands or scales are not those of blocked bytes");
  }
  auto* const b = binder.make<Blocks>();
  b->isa = binder.isa;
  b->scale = scale;
  b->from = binder.inputs[0]->slot;
  b->to = binder.outputs[0]->slot;
  b->count = narrow.bytes;
  b->channels = static_cast<std::size_t>(narrow.dim(1));
  b->blocks = blocks_of(b->channels);
  b->positions = narrow.elements / (static_cast<std::size_t>(narrow.dim(0)) * b->channels);
  b->chunks = (b->positions + kUnit - 1) / kUnit;
  return b;
}

}  // namespace

Status bind_quantize_blocks(Binder& binder) {
  TRY(binder.expect(1, 1, 1));
  const Operand& wide = *binder.inputs[0];
  Blocks* const b = TRY(make_blocks(binder, *binder.outputs[0], wide));
  b->quantize = quantize_kernels(binder.isa).quantize[static_cast<std::size_t>(Quantized::kU8)];
  binder.work = b->count * 4;
  if (wide.layout == plan::Layout::kBlocked16) {
    binder.use(quantize, b, (b->count + kUnit - 1) / kUnit);
  } else {
    binder.use(quantize_plain, b, static_cast<std::size_t>(wide.dim(0)) * b->blocks * b->chunks);
  }
  return {};
}

Status bind_dequantize_blocks(Binder& binder) {
  TRY(binder.expect(1, 1, 1));
  const Operand& wide = *binder.outputs[0];
  Blocks* const b = TRY(make_blocks(binder, *binder.inputs[0], wide));
  if (wide.layout != plan::Layout::kBlocked16) return binder.error("its output is not blocked");
  b->dequantize = quantize_kernels(binder.isa).dequantize[static_cast<std::size_t>(Quantized::kU8)];
  binder.work = b->count * 2;
  binder.use(dequantize, b, (b->count + kUnit - 1) / kUnit);
  return {};
}

}  // namespace slipway::runtime
