// The scale and the zero point that a DynamicQuantizeLinear takes from its data.
#include <algorithm>

#include "kernels/numeric/round.h"
#include "kernels/rows/extremes.h"
#include "kernels/rows/reduce.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr float kLevels = 255.0F;

struct DynamicRange {
  decltype(ExtremesKernels::rows) extremes;
  decltype(ReduceKernel::rows) greatest, least;  // where a number is none or infinite
  std::size_t count;
  std::uint32_t from, scale, zero_point;
};

RunCode run(const void* context, const Call& call) {
  const DynamicRange& step = *static_cast<const DynamicRange*>(context);
  float high = 0.0F;
  float low = 0.0F;
  const auto* const x = call.at<const float>(step.from);
  if (step.count != 0) step.extremes(x, 1, step.count, &low, &high);
  if (low != low) {
    step.greatest(x, &high, 1, step.count);
    step.least(x, &low, 1, step.count);
  }
  high = std::max(0.0F, high);
  low = std::min(0.0F, low);
  const float spread = high - low;
  const float scale = spread == 0.0F ? 1.0F / kLevels : spread / kLevels;
  *call.at<float>(step.scale) = scale;
  *call.at<std::uint8_t>(step.zero_point) =
      static_cast<std::uint8_t>(numeric::quantize(-low, scale, 0, {0, 255}));
  return RunCode::kOk;
}

}  // namespace

// Input: floats. Outputs: the scale (float) and the zero point (uint8), one element each.
Status bind_dynamic_range(Binder& binder) {
  TRY(binder.expect(1, 1, 2));
  TRY(binder.expect_plain());
  const Operand& from = *binder.inputs[0];
  const Operand& scale = *binder.outputs[0];
  const Operand& zero_point = *binder.outputs[1];
  if (from.dtype != DType::kFloat32 || scale.dtype != DType::kFloat32 ||
      zero_point.dtype != DType::kUint8 || scale.elements != 1 || zero_point.elements != 1) {
    return binder.error("its operands are not those of a range");
  }
  if (!binder.params_bytes.empty()) return binder.error("its parameters have the wrong size");
  const ReduceKernels& kernels = reduce_kernels(binder.isa);
  auto* const step = binder.make<DynamicRange>();
  *step = {extremes_kernels(binder.isa).rows,
           kernels[Reduction::kMax].rows,
           kernels[Reduction::kMin].rows,
           from.elements,
           from.slot,
           scale.slot,
           zero_point.slot};
  binder.work = from.elements;
  binder.use(run, step);
  return {};
}

}  // namespace slipway::runtime
