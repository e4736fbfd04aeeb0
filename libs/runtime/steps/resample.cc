#include "kernels/move/resample.h"

#include "plan/params.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

struct Resample {
  decltype(ResampleKernels::resample) kernel;
  Resampling axis;
  std::size_t inner;
  std::uint32_t from, to;
};

RunCode run(const void* context, const Call& call) {
  const Resample& step = *static_cast<const Resample*>(context);
  step.kernel(step.axis, call.at<const float>(step.from), call.at<float>(step.to), step.inner,
              call.begin, call.end);
  return RunCode::kOk;
}

bool differs_elsewhere(const Operand& a, const Operand& b, std::size_t axis) {
  for (std::size_t d = 0; d < a.rank(); ++d) {
    if (d != axis && a.dim(d) != b.dim(d)) return true;
  }
  return false;
}

Result<Resampling> taps_of(const Binder& binder, const plan::ResampleParams& params) {
  const Operand& positions = *binder.inputs[1];
  const Operand& weights = *binder.inputs[2];
  const auto in = static_cast<std::size_t>(binder.inputs[0]->dim(params.axis));
  const auto out = static_cast<std::size_t>(binder.outputs[0]->dim(params.axis));
  const std::uint64_t count = std::uint64_t{params.width} * out;
  if (positions.constant == nullptr || positions.dtype != DType::kInt32 ||
      weights.constant == nullptr || weights.dtype != DType::kFloat32 ||
      positions.elements != count || weights.elements != count) {
    return binder.error("its taps are not constants of the right size");
  }
  const Resampling axis = {in, out, params.width,
                           reinterpret_cast<const std::int32_t*>(positions.constant),
                           reinterpret_cast<const float*>(weights.constant)};
  for (std::uint64_t i = 0; i < count; ++i) {
    if (axis.positions[i] < 0 || static_cast<std::size_t>(axis.positions[i]) >= in) {
      return binder.error("it reads elements that its input does not have");
    }
  }
  return axis;
}

}  // namespace

// Resizing along one axis.
Status bind_resample(Binder& binder) {
  TRY(binder.expect(3, 3, 1));
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::ResampleParams>());
  const Operand& from = *binder.inputs[0];
  const Operand& to = *binder.outputs[0];
  if (from.dtype != DType::kFloat32 || to.dtype != DType::kFloat32 || from.rank() != to.rank() ||
      params.axis >= to.rank() || differs_elsewhere(from, to, params.axis)) {
    return binder.error("its operands do not fit together");
  }
  if (to.elements == 0) {
    use_nothing(binder);
    return {};
  }
  auto* const step = binder.make<Resample>();
  step->kernel = resample_kernels(binder.isa).resample;
  step->axis = TRY(taps_of(binder, params));
  const Extents extents = extents_around(to, params.axis, params.axis + 1);
  step->inner = extents.inner;
  step->from = from.slot;
  step->to = to.slot;
  binder.work = to.elements * params.width * 8;
  binder.use(run, step, extents.outer);
  return {};
}

}  // namespace slipway::runtime
