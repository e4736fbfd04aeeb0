// Elementwise functions between DequantizeLinear and QuantizeLinear, as functions of bytes.
#include <algorithm>
#include <map>

#include "base/str.h"
#include "compile/lower/elementwise.h"
#include "compile/lower/quantized.h"
#include "kernels/elementwise/byte_table.h"
#include "kernels/elementwise/chain.h"
#include "kernels/elementwise/quantize.h"

namespace slipway::compile {
namespace {

using plan::Layout;

// What leads to a QuantizeLinear: functions whose operands are dequantised bytes of the output's
// shape, or one constant float.
struct ByteChain {
  std::vector<ValueId> bytes;
  std::vector<Scaling> scalings;
  std::vector<ValueId> floats;
  std::vector<std::size_t> nodes;  // each after those that it uses
  std::vector<Elementwise> functions;
};

class ByteChainFinder {
 public:
  ByteChainFinder(const Lowering& lowering, ValueId end)
      : lowering_(lowering), end_(end), shape_(lowering.shape(end)) {}

  std::optional<ByteChain> find() {
    if (!take(end_) || chain_.bytes.empty()) return std::nullopt;
    for (const std::size_t node : chain_.nodes) {
      // What others read as well is there anyway.
      const ValueId result = lowering_.graph.nodes[node].outputs[0];
      if (lowering_.uses(result) != uses_[result]) return std::nullopt;
    }
    return chain_;
  }

 private:
  bool take(ValueId id) {
    if (++uses_[id] > 1) return true;
    if (one_float(lowering_, id)) {
      chain_.floats.push_back(id);
      return chain_.bytes.size() + chain_.floats.size() <= kChainOperands;
    }
    const auto maker = lowering_.maker(id);
    if (!maker || lowering_.shape(id) != shape_) return false;
    const Node& node = lowering_.graph.nodes[*maker];
    if (const auto scaling = dequantize_scaling(lowering_.graph, node)) {
      chain_.bytes.push_back(node.inputs[0]);
      chain_.scalings.push_back(*scaling);
      names_[id] = chain_.bytes.size() - 1;
      return lowering_.is_made(node.inputs[0]) && chain_.bytes.size() <= kChainOperands;
    }
    const auto function = elementwise_of(lowering_, *maker);
    if (!function || node.outputs[0] != id || chain_.nodes.size() >= kChainSteps) return false;
    if (!take(function->a) || (function->is_binary && !take(function->b))) return false;
    chain_.nodes.push_back(*maker);
    chain_.functions.push_back(*function);
    return true;
  }

 public:
  // The operand that a value is: bytes come first.
  std::vector<ChainStep> steps(const ByteChain& chain) const {
    std::map<ValueId, std::size_t> number = names_;
    for (std::size_t i = 0; i < chain.floats.size(); ++i)
      number[chain.floats[i]] = chain.bytes.size() + i;
    const std::size_t operands = chain.bytes.size() + chain.floats.size();
    std::vector<ChainStep> steps;
    for (std::size_t i = 0; i < chain.nodes.size(); ++i) {
      const Elementwise& f = chain.functions[i];
      steps.push_back(
          f.is_binary
              ? ChainStep::of(static_cast<Binary>(f.function), number[f.a], number[f.b])
              : ChainStep::of(static_cast<Unary>(f.function), number[f.a], f.alpha, f.beta));
      number[lowering_.graph.nodes[chain.nodes[i]].outputs[0]] = operands + i;
    }
    return steps;
  }

 private:
  const Lowering& lowering_;
  ValueId end_;
  const Shape& shape_;
  ByteChain chain_;
  std::map<ValueId, std::size_t> uses_;
  std::map<ValueId, std::size_t> names_;
};

// The byte that a tensor in this layout holds for q, and back.
std::uint8_t held(DType dtype, Layout layout, std::int32_t q) {
  return static_cast<std::uint8_t>(layout == Layout::kBlocked16 ? stored_byte(dtype, q) : q);
}

// All 256 values of a function of one byte, by the kernels themselves.
std::optional<std::vector<std::uint8_t>> table_of(const Lowering& lowering, const ByteChain& chain,
                                                  std::span<const ChainStep> steps,
                                                  const Scaling& to, Layout layout) {
  const Scaling& from = chain.scalings[0];
  float x[kByteTableSize];
  float y[kByteTableSize];
  const QuantizeKernels& kernels = quantize_kernels(Isa::kScalar);
  std::int32_t q[kByteTableSize];
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(kByteTableSize); ++i)
    q[i] = from.lowest() + i;
  kernels.dequantize[static_cast<std::size_t>(Quantized::kI32)].one(q, x, kByteTableSize,
                                                                    from.scale, from.zero);
  std::copy(x, x + kByteTableSize, y);
  if (!steps.empty()) {
    ChainProgram program;
    if (!prepare_chain(1 + chain.floats.size(), steps, program)) return std::nullopt;
    ChainLoop loop;
    loop.extent[0] = kByteTableSize;
    loop.stride[0][0] = 1;
    const float* operands[kChainOperands] = {x};
    float constants[kChainOperands];
    for (std::size_t i = 0; i < chain.floats.size(); ++i) {
      constants[i] = *one_float(lowering, chain.floats[i]);
      operands[i + 1] = constants + i;
    }
    std::vector<float> scratch(kChainScratchFloats);
    run_chain(Isa::kScalar, program, loop, operands, y, 0, kByteTableSize, scratch.data());
  }
  std::uint8_t bytes[kByteTableSize];  // unsigned, whatever the type
  kernels.quantize[static_cast<std::size_t>(Quantized::kU8)].one(y, bytes, kByteTableSize, to.scale,
                                                                 stored_byte(to.dtype, to.zero));
  std::vector<std::uint8_t> table(kByteTableSize);
  for (std::size_t i = 0; i < kByteTableSize; ++i) {
    const std::int32_t value = bytes[i] - stored_byte(to.dtype, 0);
    table[held(from.dtype, layout, q[i])] = held(to.dtype, layout, value);
  }
  return table;
}

}  // namespace

Result<bool> lower_byte_chain(Lowering& lowering, std::size_t node, const Scaling& to) {
  const Node& n = lowering.graph.nodes[node];
  ByteChainFinder finder(lowering, n.inputs[0]);
  const auto chain = finder.find();
  if (!chain) return false;
  const std::vector<ChainStep> steps = finder.steps(*chain);
  const bool is_blocked = lowering.shape(n.outputs[0]).size() >= 3 &&
                          std::ranges::any_of(chain->bytes, [&](ValueId id) {
                            return lowering.layout(id) == Layout::kBlocked16;
                          });
  const Layout layout = is_blocked ? Layout::kBlocked16 : Layout::kPlain;
  std::vector<std::string> ops = {"DequantizeLinear"};
  for (const std::size_t i : chain->nodes) ops.push_back(lowering.graph.nodes[i].op);
  ops.emplace_back("QuantizeLinear");
  if (chain->bytes.size() == 1) {
    const auto table = table_of(lowering, *chain, steps, to, layout);
    if (!table) return false;
    const TensorIndex x = TRY(lowering.read(chain->bytes[0], layout));
    const TensorIndex values = lowering.add_constant(str(n.name, " table"), Tensor::of(*table));
    const TensorIndex y = lowering.write(n.outputs[0], layout);
    lowering.add_step(node, plan::KernelId::kByteTable, {x, values}, {y}).note =
        str(join(ops, " + "), ", looked up");
    return true;
  }
  ChainProgram program;
  if (!prepare_chain(chain->bytes.size() + chain->floats.size(), steps, program)) return false;
  plan::ByteChainParams params{};
  params.step_count = static_cast<std::uint32_t>(steps.size());
  params.byte_count = static_cast<std::uint32_t>(chain->bytes.size());
  params.y = stored_scale(to);
  std::vector<TensorIndex> operands;
  for (std::size_t i = 0; i < chain->bytes.size(); ++i) {
    params.operand[i] = stored_scale(chain->scalings[i]);
    operands.push_back(TRY(lowering.read(chain->bytes[i], layout)));
  }
  for (const ValueId id : chain->floats) operands.push_back(TRY(lowering.read(id)));
  const TensorIndex y = lowering.write(n.outputs[0], layout);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kByteChain, operands, {y});
  step.params = chain_params(params, steps);
  step.note = join(ops, " + ");
  return true;
}

}  // namespace slipway::compile
