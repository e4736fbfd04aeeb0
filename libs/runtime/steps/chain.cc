#include "kernels/elementwise/chain.h"

#include <algorithm>

#include "plan/params.h"
#include "runtime/steps/chain_program.h"
#include "runtime/steps/rows.h"
#include "runtime/steps/work.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kUnit = 4096;  // elements of a unit of work

struct Chain {
  Isa isa;
  ChainProgram program;
  ChainLoop loop;
  std::uint32_t from[kChainOperands];
  std::uint32_t to;
  std::size_t elements;
};

RunCode run(const void* context, const Call& call) {
  const Chain& chain = *static_cast<const Chain*>(context);
  const float* operands[kChainOperands];
  for (std::size_t i = 0; i < chain.program.operand_count; ++i)
    operands[i] = call.at<const float>(chain.from[i]);
  run_chain(chain.isa, chain.program, chain.loop, operands, call.at<float>(chain.to),
            call.begin * kUnit, std::min(call.end * kUnit, chain.elements),
            reinterpret_cast<float*>(call.scratch));
  return RunCode::kOk;
}

// A tensor as it is stored: blocked ones have a block's lanes as their last axis. `dims` has room
// for kMaxRank + 1.
std::size_t stored_dims(const Operand& operand, std::int64_t* dims) {
  std::copy(operand.dims.begin(), operand.dims.end(), dims);
  if (operand.layout == plan::Layout::kPlain) return operand.rank();
  dims[1] = (dims[1] + 15) / 16;
  dims[operand.rank()] = 16;
  return operand.rank() + 1;
}

// The strides of an operand over the output's stored axes; false where it does not broadcast to
// them.
bool strides_of(const Operand& operand, const Operand& output, std::ptrdiff_t* strides) {
  std::int64_t to[plan::kMaxRank + 1];
  std::int64_t from[plan::kMaxRank + 1];
  const std::size_t rank = stored_dims(output, to);
  std::fill_n(strides, rank, 0);
  if (operand.elements == 1) return true;
  std::size_t own = stored_dims(operand, from);
  if (operand.layout != output.layout) {
    // A plain row of whole blocks of channels in a blocked output.
    if (output.layout != plan::Layout::kBlocked16 || operand.elements % 16 != 0 ||
        operand.elements != static_cast<std::uint64_t>(output.dim(1))) {
      return false;
    }
    std::uint64_t before = 1;
    const std::size_t channel = output.rank() - 1 - 1;  // its place from the end, plain
    if (operand.rank() < channel + 1) return false;
    before = static_cast<std::uint64_t>(operand.dim(operand.rank() - 1 - channel));
    if (before != operand.elements) return false;
    strides[1] = 16;
    strides[rank - 1] = 1;
    return true;
  }
  if (operand.layout == plan::Layout::kBlocked16) {
    if (operand.rank() != output.rank()) return false;
    if (operand.dim(1) == 1 && output.dim(1) != 1) from[own - 1] = 1;  // lane 0 for every channel
  }
  if (own > rank) return false;
  std::ptrdiff_t stride = 1;
  for (std::size_t i = 0; i < own; ++i) {
    const std::int64_t extent = from[own - 1 - i];
    const std::size_t axis = rank - 1 - i;
    if (extent != 1 && extent != to[axis]) return false;
    strides[axis] = extent == 1 ? 0 : stride;
    const bool is_lane = i == 0 && operand.layout == plan::Layout::kBlocked16;
    stride *= is_lane ? 16 : static_cast<std::ptrdiff_t>(extent);
  }
  return true;
}

// Merges neighbouring axes that every operand walks as one; false where more than kChainDims
// remain.
bool collapse(const Operand& output, std::size_t operands,
              const std::ptrdiff_t (*strides)[plan::kMaxRank + 1], ChainLoop& loop) {
  std::int64_t dims[plan::kMaxRank + 1];
  const std::size_t rank = stored_dims(output, dims);
  loop.rank = 0;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const auto extent = static_cast<std::size_t>(dims[axis]);
    if (extent == 1) continue;
    bool merges = loop.rank != 0;
    for (std::size_t o = 0; merges && o < operands; ++o) {
      merges =
          loop.stride[o][loop.rank - 1] == strides[o][axis] * static_cast<std::ptrdiff_t>(extent);
    }
    if (!merges) {
      if (loop.rank == kChainDims) return false;
      loop.extent[loop.rank++] = extent;
    } else {
      loop.extent[loop.rank - 1] *= extent;
    }
    for (std::size_t o = 0; o < operands; ++o) loop.stride[o][loop.rank - 1] = strides[o][axis];
  }
  if (loop.rank == 0) {
    loop.rank = 1;
    loop.extent[0] = 1;
  }
  return true;
}

Status read_steps(const Binder& binder, ChainProgram& program) {
  std::span<const std::byte> rest;
  const auto params = TRY(binder.leading_params<plan::ChainParams>(rest));
  return read_chain(binder, params.step_count, rest, program);
}

}  // namespace

Status bind_chain(Binder& binder) {
  TRY(binder.expect(1, kChainOperands, 1));
  TRY(binder.expect_type(DType::kFloat32));
  const Operand& output = *binder.outputs[0];
  if (output.elements == 0) {
    binder.use([](const void*, const Call&) { return RunCode::kOk; }, nullptr);
    return {};
  }
  auto* const chain = binder.make<Chain>();
  chain->isa = binder.isa;
  TRY(read_steps(binder, chain->program));
  std::ptrdiff_t strides[kChainOperands][plan::kMaxRank + 1];
  for (std::size_t i = 0; i < binder.inputs.size(); ++i) {
    const Operand* const operand = binder.inputs[i];
    if (operand == nullptr || !strides_of(*operand, output, strides[i])) {
      return binder.error("an operand does not broadcast to the output");
    }
    chain->from[i] = operand->slot;
  }
  if (!collapse(output, binder.inputs.size(), strides, chain->loop)) {
    return binder.error("it broadcasts over too many axes");
  }
  chain->to = output.slot;
  chain->elements = output.bytes / sizeof(float);
  std::uint64_t of_an_element = 0;
  for (const ChainStep& step : std::span(chain->program.step, chain->program.step_count)) {
    of_an_element += step.is_binary ? work_of(static_cast<Binary>(step.function))
                                    : work_of(static_cast<Unary>(step.function));
  }
  binder.work = chain->elements * of_an_element;
  binder.use(run, chain, (chain->elements + kUnit - 1) / kUnit,
             kChainScratchFloats * sizeof(float));
  return {};
}

}  // namespace slipway::runtime
