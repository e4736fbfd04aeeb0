#include "kernels/rows/lrn.h"

#include "plan/params.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kColumns = 64;  // of a unit of work

struct Lrn {
  decltype(LrnKernels::normalize) kernel;
  LrnSpec spec;
  ColumnUnits units;
  std::uint32_t from, to;
};

RunCode run(const void* context, const Call& call) {
  const Lrn& step = *static_cast<const Lrn*>(context);
  const std::size_t image = step.spec.channels * step.spec.inner;
  step.units.for_each(call.begin, call.end,
                      [&](std::size_t outer, std::size_t begin, std::size_t end) {
                        step.kernel(step.spec, call.at<const float>(step.from) + outer * image,
                                    call.at<float>(step.to) + outer * image, begin, end);
                      });
  return RunCode::kOk;
}

}  // namespace

Status bind_lrn(Binder& binder) {
  TRY(binder.expect(1, 1, 1));
  TRY(binder.expect_plain());
  TRY(binder.expect_type(DType::kFloat32));
  const auto params = TRY(binder.params<plan::LrnParams>());
  const Operand& from = *binder.inputs[0];
  const Operand& to = *binder.outputs[0];
  if (from.rank() < 2 || to.elements != from.elements || params.size == 0) {
    return binder.error("its operands do not fit its parameters");
  }
  if (to.elements == 0) {
    use_nothing(binder);
    return {};
  }
  const Extents extents = extents_around(from, 1, 2);
  auto* const step = binder.make<Lrn>();
  step->kernel = lrn_kernels(binder.isa).normalize;
  step->spec.channels = extents.length;
  step->spec.inner = extents.inner;
  step->spec.before = (params.size - 1) / 2;
  step->spec.after = params.size / 2;
  step->spec.factor = params.alpha / static_cast<float>(params.size);
  step->spec.beta = params.beta;
  step->spec.bias = params.bias;
  step->units = ColumnUnits(extents.outer, extents.inner, kColumns);
  step->from = from.slot;
  step->to = to.slot;
  binder.work = to.elements * 64;
  binder.use(run, step, step->units.units());
  return {};
}

}  // namespace slipway::runtime
