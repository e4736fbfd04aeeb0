#include "kernels/vectors/distances.h"

#include <algorithm>

#include "plan/params.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kUnitRows = 16;

struct Distances {
  void (*squared)(const DistancesCall&);
  DistancesCall call;  // without what a run gives
  std::size_t rows;
  std::uint32_t from, to;
};

RunCode run(const void* context, const Call& call) {
  const Distances& step = *static_cast<const Distances*>(context);
  DistancesCall part = step.call;
  for (std::size_t unit = call.begin; unit < call.end; ++unit) {
    const std::size_t row = unit * kUnitRows;
    part.x = call.at<const float>(step.from) + row * part.k;
    part.y = call.at<float>(step.to) + row * part.n;
    part.rows = std::min(kUnitRows, step.rows - row);
    step.squared(part);
  }
  return RunCode::kOk;
}

}  // namespace

Status bind_distances(Binder& binder) {
  TRY(binder.expect(2, 2, 1));
  TRY(binder.expect_plain());
  TRY(binder.expect_type(DType::kFloat32));
  const std::size_t n = TRY(binder.params<plan::DistancesParams>()).n;
  const Operand& rows = *binder.inputs[0];
  const Operand& vectors = *binder.inputs[1];
  const Operand& output = *binder.outputs[0];
  const std::uint64_t padded = (n + 15) / 16 * 16;
  if (n == 0 || vectors.constant == nullptr || vectors.elements % padded != 0)
    return binder.error("its vectors do not fill panels of sixteen");
  const std::uint64_t k = vectors.elements / padded;
  if (k == 0 || rows.elements % k != 0 || output.elements % n != 0 ||
      output.elements / n != rows.elements / k) {
    return binder.error("the sizes of its operands do not fit together");
  }
  auto* const step = binder.make<Distances>();
  step->squared = distance_kernels(binder.isa).squared;
  step->call = {nullptr, 0, k, reinterpret_cast<const float*>(vectors.constant), n, nullptr, n};
  step->rows = rows.elements / k;
  step->from = rows.slot;
  step->to = output.slot;
  binder.work = output.elements * k;
  binder.use(run, step, (step->rows + kUnitRows - 1) / kUnitRows);
  return {};
}

}  // namespace slipway::runtime
