#include "kernels/rows/running.h"

#include "plan/params.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kColumns = 64;  // of a unit of work
constexpr std::size_t kRows = 4;

struct CumSum {
  RunningSum spec;
  ColumnUnits units;
  std::size_t element_bytes;
  std::uint32_t from, to;
};

RunCode run_columns(const void* context, const Call& call) {
  const CumSum& step = *static_cast<const CumSum*>(context);
  const std::size_t bytes = step.spec.length * step.units.inner * step.element_bytes;
  step.units.for_each(call.begin, call.end,
                      [&](std::size_t outer, std::size_t begin, std::size_t end) {
                        running_sum(step.spec, call.at<const std::byte>(step.from) + outer * bytes,
                                    call.at<std::byte>(step.to) + outer * bytes, begin, end);
                      });
  return RunCode::kOk;
}

// The rows of all units are one piece of `units.inner`.
RunCode run_rows(const void* context, const Call& call) {
  const CumSum& step = *static_cast<const CumSum*>(context);
  running_sum(step.spec, call.at<const std::byte>(step.from), call.at<std::byte>(step.to),
              call.begin * kRows, std::min(call.end * kRows, step.units.inner));
  return RunCode::kOk;
}

}  // namespace

Status bind_cumsum(Binder& binder) {
  TRY(binder.expect(1, 1, 1));
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::CumSumParams>());
  const Operand& from = *binder.inputs[0];
  const Operand& to = *binder.outputs[0];
  RunningElement element = RunningElement::kF32;
  if (from.dtype == DType::kInt32) {
    element = RunningElement::kI32;
  } else if (from.dtype == DType::kInt64) {
    element = RunningElement::kI64;
  } else if (from.dtype != DType::kFloat32) {
    return binder.error("it sums floats, int32 or int64");
  }
  if (to.dtype != from.dtype || to.elements != from.elements) {
    return binder.error("its operands do not fit together");
  }
  if (params.axis >= from.rank()) return binder.error("it names an axis that does not exist");
  if ((params.flags & ~plan::kAllCumSumFlags) != 0) return binder.error("it has unknown flags");
  if (to.elements == 0) {
    use_nothing(binder);
    return {};
  }
  const Extents extents = extents_around(from, params.axis, params.axis + 1);
  auto* const step = binder.make<CumSum>();
  step->spec = {element, extents.length, extents.inner, (params.flags & plan::kIsExclusive) != 0,
                (params.flags & plan::kIsReversed) != 0};
  step->element_bytes = element_bytes(from.dtype);
  step->from = from.slot;
  step->to = to.slot;
  binder.work = to.elements * 16;
  if (extents.inner == 1) {
    step->units = ColumnUnits(1, extents.outer, kRows);
    binder.use(run_rows, step, step->units.units());
  } else {
    step->units = ColumnUnits(extents.outer, extents.inner, kColumns);
    binder.use(run_columns, step, step->units.units());
  }
  return {};
}

}  // namespace slipway::runtime
