// Functions of bytes: one looked up, and chains of functions of several.
#include <algorithm>

#include "kernels/elementwise/byte_table.h"
#include "kernels/elementwise/chain.h"
#include "kernels/elementwise/quantize.h"
#include "runtime/steps/bytes.h"
#include "runtime/steps/chain_program.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kUnit = 4096;   // elements of a unit of work
constexpr std::size_t kBlock = 1024;  // elements that are floats at a time

struct Table {
  ByteTableKernel kernel;
  const std::uint8_t* table;
  std::uint32_t x, y;
  std::size_t count;
};

RunCode look_up(const void* context, const Call& call) {
  const Table& t = *static_cast<const Table*>(context);
  const std::size_t begin = call.begin * kUnit;
  const std::size_t end = std::min(call.end * kUnit, t.count);
  t.kernel(t.table, call.at<const std::uint8_t>(t.x) + begin, call.at<std::uint8_t>(t.y) + begin,
           end - begin);
  return RunCode::kOk;
}

// How a tensor holds its bytes: as they are, or as unsigned ones where it is blocked.
struct Held {
  Quantized type = Quantized::kU8;
  float scale = 1;
  std::int32_t zero = 0;

  static Held of(const Operand& operand, const plan::ByteScale& stored) {
    const bool is_signed = operand.dtype == DType::kInt8 && operand.layout == plan::Layout::kPlain;
    return {is_signed ? Quantized::kI8 : Quantized::kU8, stored.scale,
            is_signed ? stored.zero - 128 : stored.zero};
  }
};

struct ByteChain {
  Isa isa;
  ChainProgram program;
  std::size_t bytes;  // operands that are bytes; the others are one float each
  Held held[kChainOperands];
  std::uint32_t from[kChainOperands];
  Held result;
  std::uint32_t to;
  std::size_t count;
};

RunCode run(const void* context, const Call& call) {
  const ByteChain& chain = *static_cast<const ByteChain*>(context);
  const QuantizeKernels& kernels = quantize_kernels(chain.isa);
  auto* const scratch = reinterpret_cast<float*>(call.scratch);
  float* const result = scratch + kChainScratchFloats;
  const float* operands[kChainOperands];
  ChainLoop loop;
  for (std::size_t o = 0; o < chain.program.operand_count; ++o) {
    const bool is_bytes = o < chain.bytes;
    operands[o] = is_bytes ? result + (o + 1) * kBlock : call.at<const float>(chain.from[o]);
    loop.stride[o][0] = is_bytes ? 1 : 0;
  }
  const std::size_t end = std::min(call.end * kUnit, chain.count);
  for (std::size_t at = call.begin * kUnit; at < end; at += kBlock) {
    const std::size_t count = std::min(kBlock, end - at);
    for (std::size_t o = 0; o < chain.bytes; ++o) {
      const Held& held = chain.held[o];
      kernels.dequantize[static_cast<std::size_t>(held.type)].one(call.pointers[chain.from[o]] + at,
                                                                  result + (o + 1) * kBlock, count,
                                                                  held.scale, held.zero);
    }
    loop.extent[0] = count;
    run_chain(chain.isa, chain.program, loop, operands, result, 0, count, scratch);
    kernels.quantize[static_cast<std::size_t>(chain.result.type)].one(
        result, call.pointers[chain.to] + at, count, chain.result.scale, chain.result.zero);
  }
  return RunCode::kOk;
}

bool has_form_of(const Operand& operand, const Operand& other) {
  return operand.layout == other.layout &&
         std::equal(operand.dims.begin(), operand.dims.end(), other.dims.begin(), other.dims.end());
}

Status read_operands(const Binder& binder, const plan::ByteChainParams& params, ByteChain& chain) {
  const Operand& y = *binder.outputs[0];
  if (params.byte_count == 0 || params.byte_count > binder.inputs.size() || !is_bytes(y) ||
      !is_valid(params.y)) {
    return binder.error("its operands or scales are not those of bytes");
  }
  chain.bytes = params.byte_count;
  for (std::size_t o = 0; o < binder.inputs.size(); ++o) {
    const Operand* const operand = binder.inputs[o];
    if (operand == nullptr) return binder.error("an operand is left out");
    chain.from[o] = operand->slot;
    const bool fits = o < chain.bytes ? is_bytes(*operand) && has_form_of(*operand, y) &&
                                            is_valid(params.operand[o])
                                      : operand->dtype == DType::kFloat32 && operand->elements == 1;
    if (!fits) return binder.error("an operand does not fit the output");
    if (o < chain.bytes) chain.held[o] = Held::of(*operand, params.operand[o]);
  }
  chain.result = Held::of(y, params.y);
  chain.to = y.slot;
  chain.count = y.bytes;
  return {};
}

}  // namespace

Status bind_byte_table(Binder& binder) {
  TRY(binder.expect(2, 2, 1));
  const Operand& x = *binder.inputs[0];
  const Operand& y = *binder.outputs[0];
  auto* const t = binder.make<Table>();
  t->kernel = byte_table_kernels(binder.isa).look_up;
  t->table = constant_of<std::uint8_t>(binder.inputs[1], kByteTableSize);
  if (t->table == nullptr || !is_bytes(x) || !is_bytes(y) || !has_form_of(x, y))
    return binder.error("its table or its operands are not those of bytes");
  t->x = x.slot;
  t->y = y.slot;
  t->count = y.bytes;
  binder.work = t->count;
  binder.use(look_up, t, (t->count + kUnit - 1) / kUnit);
  return {};
}

Status bind_byte_chain(Binder& binder) {
  TRY(binder.expect(1, kChainOperands, 1));
  std::span<const std::byte> rest;
  const auto params = TRY(binder.leading_params<plan::ByteChainParams>(rest));
  auto* const chain = binder.make<ByteChain>();
  chain->isa = binder.isa;
  TRY(read_operands(binder, params, *chain));
  TRY(read_chain(binder, params.step_count, rest, chain->program));
  binder.work = chain->count * 8;
  binder.use(run, chain, (chain->count + kUnit - 1) / kUnit,
             (kChainScratchFloats + (kChainOperands + 1) * kBlock) * sizeof(float));
  return {};
}

}  // namespace slipway::runtime
