#include "kernels/elementwise/compare.h"

#include "kernels/elementwise/select.h"
#include "plan/params.h"
#include "runtime/elements.h"
#include "runtime/steps/broadcast.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

struct Select {
  BroadcastRuns runs;
  CompareElements compare;
  ChooseElements choose;
  Logic logic;
  std::size_t bytes;  // of an element
  std::uint32_t from[kBroadcastOperands];
  std::uint32_t to;
};

template <typename F>
RunCode for_runs(const Select& step, const Call& call, F f) {
  step.runs.for_each(call.begin, call.end, f);
  return RunCode::kOk;
}

RunCode run_compare(const void* context, const Call& call) {
  const Select& step = *static_cast<const Select*>(context);
  const std::byte* const a = call.pointers[step.from[0]];
  const std::byte* const b = call.pointers[step.from[1]];
  auto* const y = call.at<std::uint8_t>(step.to);
  return for_runs(step, call, [&](std::size_t to, const std::size_t* from, std::size_t count) {
    step.compare(a + from[0] * step.bytes, step.runs.step[0], b + from[1] * step.bytes,
                 step.runs.step[1], y + to, count);
  });
}

RunCode run_logic(const void* context, const Call& call) {
  const Select& step = *static_cast<const Select*>(context);
  const auto* const a = call.at<const std::uint8_t>(step.from[0]);
  const auto* const b = call.at<const std::uint8_t>(step.from[1]);
  auto* const y = call.at<std::uint8_t>(step.to);
  return for_runs(step, call, [&](std::size_t to, const std::size_t* from, std::size_t count) {
    combine_bools(step.logic, a + from[0], step.runs.step[0], b + from[1], step.runs.step[1],
                  y + to, count);
  });
}

RunCode run_where(const void* context, const Call& call) {
  const Select& step = *static_cast<const Select*>(context);
  const auto* const condition = call.at<const std::uint8_t>(step.from[0]);
  const std::byte* const a = call.pointers[step.from[1]];
  const std::byte* const b = call.pointers[step.from[2]];
  std::byte* const y = call.pointers[step.to];
  return for_runs(step, call, [&](std::size_t to, const std::size_t* from, std::size_t count) {
    step.choose(condition + from[0], step.runs.step[0], a + from[1] * step.bytes, step.runs.step[1],
                b + from[2] * step.bytes, step.runs.step[2], y + to * step.bytes, count);
  });
}

Result<Select*> make_select(Binder& binder) {
  auto* const step = binder.make<Select>();
  if (binder.outputs[0]->elements != 0 && !plan_broadcast(binder, step->runs)) {
    return binder.error("an operand does not broadcast to the output");
  }
  for (std::size_t i = 0; i < binder.inputs.size(); ++i) step->from[i] = binder.inputs[i]->slot;
  step->to = binder.outputs[0]->slot;
  binder.work = binder.outputs[0]->elements * 16;
  return step;
}

}  // namespace

// y = a compared with b, to bool.
Status bind_compare(Binder& binder) {
  TRY(binder.expect(2, 2, 1));
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::CompareParams>());
  const DType dtype = binder.inputs[0]->dtype;
  const auto element = element_of(dtype);
  if (binder.inputs[1]->dtype != dtype || binder.outputs[0]->dtype != DType::kBool || !element) {
    return binder.error("it compares elements of one type and gives bools");
  }
  if (params.function >= static_cast<std::uint32_t>(Compare::kCount)) {
    return binder.error("it names a comparison that does not exist");
  }
  Select* const step = TRY(make_select(binder));
  step->bytes = element_bytes(dtype);
  step->compare = compare_elements(binder.isa, static_cast<Compare>(params.function), *element);
  if (step->compare == nullptr) return binder.error("no kernel compares its type");
  binder.use(run_compare, step, step->runs.units);
  return {};
}

// And, Or, Xor.
Status bind_logic(Binder& binder) {
  TRY(binder.expect(2, 2, 1));
  TRY(binder.expect_plain());
  TRY(binder.expect_type(DType::kBool));
  const auto params = TRY(binder.params<plan::LogicParams>());
  if (params.function >= static_cast<std::uint32_t>(Logic::kCount)) {
    return binder.error("it names a function that does not exist");
  }
  Select* const step = TRY(make_select(binder));
  step->logic = static_cast<Logic>(params.function);
  binder.use(run_logic, step, step->runs.units);
  return {};
}

// y = condition ? a : b.
Status bind_where(Binder& binder) {
  TRY(binder.expect(3, 3, 1));
  TRY(binder.expect_plain());
  const DType dtype = binder.outputs[0]->dtype;
  const std::size_t bytes = element_bytes(dtype);
  if (binder.inputs[0]->dtype != DType::kBool || binder.inputs[1]->dtype != dtype ||
      binder.inputs[2]->dtype != dtype || choose_elements(bytes) == nullptr) {
    return binder.error("its operands do not have the types of a choice");
  }
  Select* const step = TRY(make_select(binder));
  step->bytes = bytes;
  step->choose = bytes == sizeof(float) ? binary_kernels(binder.isa).where : choose_elements(bytes);
  binder.use(run_where, step, step->runs.units);
  return {};
}

}  // namespace slipway::runtime
