#include "ops/math/elementwise.h"

namespace slipway {

Status map_tensor(EvalContext& ctx, FunctionRef<void(const Tensor& x, Tensor& y)> run) {
  const Tensor x = TRY(widened(ctx, 0));
  Tensor y = TRY(ctx.make(x.dtype(), x.shape()));
  run(x, y);
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

Status map_real(EvalContext& ctx, float (*of_float)(float), double (*of_double)(double)) {
  return map_tensor(ctx, [&](const Tensor& x, Tensor& y) {
    if (x.dtype() == DType::kFloat32) {
      internal::map_elements<float>(x, y, of_float);
    } else if (x.dtype() == DType::kFloat64) {
      internal::map_elements<double>(x, y, of_double);
    }
  });
}

}  // namespace slipway
