#include "kernels/elementwise/binary.h"
#include "plan/params.h"
#include "runtime/steps/broadcast.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

struct Select {
  BroadcastRuns runs;
  CompareKernel compare;
  WhereKernel where;
  std::uint32_t from[kBroadcastOperands];
  std::uint32_t to;
};

RunCode run_compare(const void* context, const Call& call) {
  const Select& step = *static_cast<const Select*>(context);
  const auto* const a = call.at<const float>(step.from[0]);
  const auto* const b = call.at<const float>(step.from[1]);
  auto* const y = call.at<std::uint8_t>(step.to);
  step.runs.for_each(
      call.begin, call.end, [&](std::size_t to, const std::size_t* from, std::size_t count) {
        step.compare(a + from[0], step.runs.step[0], b + from[1], step.runs.step[1], y + to, count);
      });
  return RunCode::kOk;
}

RunCode run_where(const void* context, const Call& call) {
  const Select& step = *static_cast<const Select*>(context);
  const auto* const condition = call.at<const std::uint8_t>(step.from[0]);
  const auto* const a = call.at<const float>(step.from[1]);
  const auto* const b = call.at<const float>(step.from[2]);
  auto* const y = call.at<float>(step.to);
  step.runs.for_each(call.begin, call.end,
                     [&](std::size_t to, const std::size_t* from, std::size_t count) {
                       step.where(condition + from[0], step.runs.step[0], a + from[1],
                                  step.runs.step[1], b + from[2], step.runs.step[2], y + to, count);
                     });
  return RunCode::kOk;
}

Result<Select*> make_select(Binder& binder) {
  auto* const step = binder.make<Select>();
  if (binder.outputs[0]->elements != 0 && !plan_broadcast(binder, step->runs)) {
    return binder.error("an operand does not broadcast to the output");
  }
  for (std::size_t i = 0; i < binder.inputs.size(); ++i) step->from[i] = binder.inputs[i]->slot;
  step->to = binder.outputs[0]->slot;
  binder.work = binder.outputs[0]->elements * 8;
  return step;
}

}  // namespace

// y = a compared with b, floats, to bool.
Status bind_compare(Binder& binder) {
  TRY(binder.expect(2, 2, 1));
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::CompareParams>());
  if (binder.inputs[0]->dtype != DType::kFloat32 || binder.inputs[1]->dtype != DType::kFloat32 ||
      binder.outputs[0]->dtype != DType::kBool) {
    return binder.error("it compares floats and gives bools");
  }
  if (params.function >= static_cast<std::uint32_t>(Compare::kCount)) {
    return binder.error("it names a comparison that does not exist");
  }
  Select* const step = TRY(make_select(binder));
  step->compare = binary_kernels(binder.isa).compare[params.function];
  binder.use(run_compare, step, step->runs.units);
  return {};
}

// y = condition ? a : b, of elements of four bytes.
Status bind_where(Binder& binder) {
  TRY(binder.expect(3, 3, 1));
  TRY(binder.expect_plain());
  const DType dtype = binder.outputs[0]->dtype;
  if (binder.inputs[0]->dtype != DType::kBool || binder.inputs[1]->dtype != dtype ||
      binder.inputs[2]->dtype != dtype || element_bytes(dtype) != sizeof(float)) {
    return binder.error("its operands do not have the types of a choice");
  }
  Select* const step = TRY(make_select(binder));
  step->where = binary_kernels(binder.isa).where;
  binder.use(run_where, step, step->runs.units);
  return {};
}

}  // namespace slipway::runtime
