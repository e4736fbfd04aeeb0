#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

struct Interpret {
  Interpreted* step;
  std::span<const std::uint32_t> slots;  // inputs, then outputs; kNoTensor for one left out
  std::span<std::byte*> pointers;
  std::size_t inputs;
};

RunCode run(const void* context, const Call& call) {
  const Interpret& interpret = *static_cast<const Interpret*>(context);
  for (std::size_t i = 0; i < interpret.slots.size(); ++i) {
    const std::uint32_t slot = interpret.slots[i];
    interpret.pointers[i] = slot == plan::kNoTensor ? nullptr : call.pointers[slot];
  }
  const std::span<std::byte* const> all = interpret.pointers;
  const std::span<const std::byte* const> inputs(all.data(), interpret.inputs);
  return interpret.step->run(inputs, all.subspan(interpret.inputs)) ? RunCode::kOk
                                                                    : RunCode::kInterpreter;
}

}  // namespace

Status bind_interpret(Binder& binder) {
  TRY(binder.expect_plain());
  if (binder.make_interpreted == nullptr) {
    return binder.error(
        "it needs the reference operators, which this program does not hold: link libslipway, or "
        "see 'slipway compile --explain' for the operator without a kernel of its own");
  }
  std::unique_ptr<Interpreted> step =
      TRY(binder.make_interpreted(binder.params_bytes, binder.inputs, binder.outputs));
  auto* const interpret = binder.make<Interpret>();
  const std::size_t count = binder.inputs.size() + binder.outputs.size();
  const std::span<std::uint32_t> slots = binder.make_array<std::uint32_t>(count);
  std::size_t next = 0;
  for (const auto operands : {binder.inputs, binder.outputs}) {
    for (const Operand* operand : operands) {
      slots[next++] = operand == nullptr ? plan::kNoTensor : operand->slot;
    }
  }
  *interpret = {step.get(), slots, binder.make_array<std::byte*>(count), binder.inputs.size()};
  binder.pool->keep(std::move(step));
  binder.use(run, interpret);
  return {};
}

}  // namespace slipway::runtime
