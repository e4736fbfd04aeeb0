#include "kernels/rows/reduce.h"

#include "kernels/rows/arg_extreme.h"
#include "kernels/rows/whole_reduce.h"
#include "plan/params.h"
#include "runtime/elements.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kColumns = 256;  // of a unit of work

struct Reduce {
  ReduceKernel kernel;
  ColumnUnits units;
  std::size_t length;
  ArgExtreme arg_extreme;
  WholeReduceKernel whole;
  std::size_t bytes;  // of an element
  std::uint32_t from, to;
};

RunCode run_rows(const void* context, const Call& call) {
  const Reduce& step = *static_cast<const Reduce*>(context);
  step.kernel.rows(call.at<const float>(step.from) + call.begin * step.length,
                   call.at<float>(step.to) + call.begin, call.end - call.begin, step.length);
  return RunCode::kOk;
}

RunCode run_columns(const void* context, const Call& call) {
  const Reduce& step = *static_cast<const Reduce*>(context);
  const auto* const x = call.at<const float>(step.from);
  auto* const y = call.at<float>(step.to);
  const std::size_t inner = step.units.inner;
  step.units.for_each(call.begin, call.end,
                      [&](std::size_t outer, std::size_t begin, std::size_t end) {
                        step.kernel.columns(x + outer * step.length * inner, y + outer * inner,
                                            step.length, inner, begin, end);
                      });
  return RunCode::kOk;
}

RunCode run_whole_rows(const void* context, const Call& call) {
  const Reduce& step = *static_cast<const Reduce*>(context);
  step.whole.rows(call.pointers[step.from] + call.begin * step.length * step.bytes,
                  call.pointers[step.to] + call.begin * step.bytes, call.end - call.begin,
                  step.length);
  return RunCode::kOk;
}

RunCode run_whole_columns(const void* context, const Call& call) {
  const Reduce& step = *static_cast<const Reduce*>(context);
  const std::byte* const x = call.pointers[step.from];
  std::byte* const y = call.pointers[step.to];
  const std::size_t inner = step.units.inner;
  step.units.for_each(
      call.begin, call.end, [&](std::size_t outer, std::size_t begin, std::size_t end) {
        step.whole.columns(x + outer * step.length * inner * step.bytes,
                           y + outer * inner * step.bytes, step.length, inner, begin, end);
      });
  return RunCode::kOk;
}

RunCode run_arg_extreme(const void* context, const Call& call) {
  const Reduce& step = *static_cast<const Reduce*>(context);
  const auto* const x = call.at<const float>(step.from);
  auto* const y = call.at<std::int64_t>(step.to);
  const std::size_t inner = step.units.inner;
  step.units.for_each(call.begin, call.end,
                      [&](std::size_t outer, std::size_t begin, std::size_t end) {
                        step.arg_extreme(x + outer * step.length * inner, y + outer * inner,
                                         step.length, inner, begin, end);
                      });
  return RunCode::kOk;
}

// Sizes and slots: axes first .. end of the input give way to one element.
Result<Reduce*> make_reduce(Binder& binder, std::size_t first, std::size_t end) {
  const Operand& from = *binder.inputs[0];
  const Operand& to = *binder.outputs[0];
  if (first > end || end > from.rank()) return binder.error("it names axes that do not exist");
  if (from.elements == 0) return binder.error("it reduces no elements");
  const Extents extents = extents_around(from, first, end);
  if (to.elements != extents.outer * extents.inner) {
    return binder.error("its output has another size");
  }
  auto* const step = binder.make<Reduce>();
  step->units = ColumnUnits(extents.outer, extents.inner, kColumns);
  step->length = extents.length;
  step->from = from.slot;
  step->to = to.slot;
  binder.work = from.elements * 4;
  return step;
}

}  // namespace

Status bind_reduce(Binder& binder) {
  TRY(binder.expect(1, 1, 1));
  TRY(binder.expect_plain());
  const DType dtype = binder.outputs[0]->dtype;
  TRY(binder.expect_type(dtype));
  const auto params = TRY(binder.params<plan::ReduceParams>());
  if (params.function >= static_cast<std::uint32_t>(Reduction::kCount)) {
    return binder.error("it names a reduction that does not exist");
  }
  Reduce* const step = TRY(make_reduce(binder, params.first, params.end));
  const bool is_rows = step->units.inner == 1;
  if (dtype == DType::kFloat32) {
    step->kernel = reduce_kernels(binder.isa).of[params.function];
    binder.use(is_rows ? run_rows : run_columns, step, step->units.units());
    return {};
  }
  const auto element = element_of(dtype);
  if (element)
    step->whole =
        whole_reduce_kernel(binder.isa, static_cast<Reduction>(params.function), *element);
  if (step->whole.rows == nullptr) return binder.error("no kernel reduces its type so");
  step->bytes = element_bytes(dtype);
  binder.use(is_rows ? run_whole_rows : run_whole_columns, step, step->units.units());
  return {};
}

Status bind_arg_extreme(Binder& binder) {
  TRY(binder.expect(1, 1, 1));
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::ArgExtremeParams>());
  if (binder.inputs[0]->dtype != DType::kFloat32 || binder.outputs[0]->dtype != DType::kInt64) {
    return binder.error("it finds the extremes of floats as int64");
  }
  if (params.axis >= binder.inputs[0]->rank()) {
    return binder.error("it names an axis that does not exist");
  }
  Reduce* const step = TRY(make_reduce(binder, params.axis, params.axis + 1));
  binder.work = binder.inputs[0]->elements * 32;
  step->arg_extreme = arg_extreme(binder.isa, params.is_max != 0, params.takes_last != 0);
  binder.use(run_arg_extreme, step, step->units.units());
  return {};
}

}  // namespace slipway::runtime
