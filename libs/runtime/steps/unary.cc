#include "kernels/elementwise/unary.h"

#include <algorithm>

#include "plan/params.h"
#include "runtime/steps/rows.h"
#include "runtime/steps/work.h"

namespace slipway::runtime {
namespace {

struct Apply {
  UnaryKernel kernel;
  std::uint32_t from;
  std::uint32_t to;
  std::size_t count;
  float alpha;
  float beta;
};

// Elements of a unit of work.
constexpr std::size_t kUnit = 4096;

RunCode run(const void* context, const Call& call) {
  const Apply& apply = *static_cast<const Apply*>(context);
  const std::size_t begin = call.begin * kUnit;
  const std::size_t end = std::min(call.end * kUnit, apply.count);
  apply.kernel(call.at<const float>(apply.from) + begin, call.at<float>(apply.to) + begin,
               end - begin, apply.alpha, apply.beta);
  return RunCode::kOk;
}

}  // namespace

// y = f(x), element by element; a layout's padding is mapped too, so f(+0) must be +0 there.
Status bind_unary(Binder& binder) {
  TRY(binder.expect(1, 1, 1));
  TRY(binder.expect_type(DType::kFloat32));
  TRY(binder.expect_plain());
  const auto params = TRY(binder.params<plan::UnaryParams>());
  const Operand& from = *binder.inputs[0];
  const Operand& to = *binder.outputs[0];
  if (params.function >= static_cast<std::uint32_t>(Unary::kCount)) {
    return binder.error("it names a function that does not exist");
  }
  if (from.elements != to.elements) return binder.error("its output has another size");
  auto* const apply = binder.make<Apply>();
  *apply = {unary_kernels(binder.isa).of[params.function],
            from.slot,
            to.slot,
            from.elements,
            params.alpha,
            params.beta};
  binder.work = to.elements * work_of(static_cast<Unary>(params.function));
  binder.use(run, apply, (from.elements + kUnit - 1) / kUnit);
  return {};
}

}  // namespace slipway::runtime
