#include <limits>

#include "kernels/rows/hardmax.h"
#include "kernels/rows/normalize.h"
#include "plan/params.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kColumns = 64;  // of a unit of work

struct Softmax {
  decltype(NormalizeKernels::softmax) rows;
  decltype(NormalizeKernels::softmax_columns) columns;
  ColumnUnits units;
  std::size_t length;
  std::uint32_t from, to;
};

RunCode run_rows(const void* context, const Call& call) {
  const Softmax& step = *static_cast<const Softmax*>(context);
  const std::size_t first = call.begin * step.length;
  step.rows(call.at<const float>(step.from) + first, call.at<float>(step.to) + first,
            call.end - call.begin, step.length);
  return RunCode::kOk;
}

struct HardmaxStep {
  Hardmax columns;
  ColumnUnits units;
  std::size_t length;
  std::uint32_t from, to;
};

template <typename Step>
RunCode run_columns(const void* context, const Call& call) {
  const Step& step = *static_cast<const Step*>(context);
  const auto* const x = call.at<const float>(step.from);
  auto* const y = call.at<float>(step.to);
  const std::size_t inner = step.units.inner;
  step.units.for_each(call.begin, call.end,
                      [&](std::size_t outer, std::size_t begin, std::size_t end) {
                        const std::size_t first = outer * step.length * inner;
                        step.columns(x + first, y + first, step.length, inner, begin, end);
                      });
  return RunCode::kOk;
}

// What softmax and hardmax ask of their operands.
Status check_operands(Binder& binder, const plan::SoftmaxParams& params) {
  TRY(binder.expect(1, 1, 1));
  TRY(binder.expect_plain());
  TRY(binder.expect_type(DType::kFloat32));
  const Operand& from = *binder.inputs[0];
  if (params.first > params.end || params.end > from.rank() ||
      from.elements != binder.outputs[0]->elements) {
    return binder.error("its operands do not fit its parameters");
  }
  return {};
}

}  // namespace

Status bind_hardmax(Binder& binder) {
  const auto params = TRY(binder.params<plan::SoftmaxParams>());
  TRY(check_operands(binder, params));
  if (params.is_log != 0) return binder.error("there is no logarithm of it");
  const Operand& from = *binder.inputs[0];
  const Operand& to = *binder.outputs[0];
  if (to.elements == 0) {
    use_nothing(binder);
    return {};
  }
  const Extents extents = extents_around(from, params.first, params.end);
  if (extents.length > std::numeric_limits<std::int32_t>::max())
    return binder.error("its rows are too long");
  auto* const step = binder.make<HardmaxStep>();
  *step = {hardmax(binder.isa), ColumnUnits(extents.outer, extents.inner, kColumns), extents.length,
           from.slot, to.slot};
  binder.work = to.elements * 32;
  binder.use(run_columns<HardmaxStep>, step, step->units.units());
  return {};
}

Status bind_softmax(Binder& binder) {
  const auto params = TRY(binder.params<plan::SoftmaxParams>());
  TRY(check_operands(binder, params));
  const Operand& from = *binder.inputs[0];
  const Operand& to = *binder.outputs[0];
  if (to.elements == 0) {
    use_nothing(binder);
    return {};
  }
  const Extents extents = extents_around(from, params.first, params.end);
  const NormalizeKernels& kernels = normalize_kernels(binder.isa);
  const bool is_log = params.is_log != 0;
  auto* const step = binder.make<Softmax>();
  *step = {is_log ? kernels.log_softmax : kernels.softmax,
           is_log ? kernels.log_softmax_columns : kernels.softmax_columns,
           ColumnUnits(extents.outer, extents.inner, kColumns),
           extents.length,
           from.slot,
           to.slot};
  binder.work = to.elements * 32;
  const bool is_rows = extents.inner == 1;
  binder.use(is_rows ? run_rows : run_columns<Softmax>, step,
             is_rows ? extents.outer : step->units.units());
  return {};
}

}  // namespace slipway::runtime
