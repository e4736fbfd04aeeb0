#include "ops/support/compute.h"

namespace slipway {

DType compute_dtype(DType dtype) {
  if (dtype == DType::kFloat64 || dtype == DType::kUint64) return dtype;
  if (is_float(dtype)) return DType::kFloat32;
  if (is_integer(dtype) || dtype == DType::kBool) return DType::kInt64;
  return dtype;
}

Result<Tensor> widened(const Tensor& tensor) {
  const DType dtype = compute_dtype(tensor.dtype());
  if (dtype == tensor.dtype()) return tensor;
  return cast(tensor, dtype);
}

Result<Tensor> widened(const EvalContext& ctx, std::size_t i) { return widened(ctx.input(i)); }

Status set_narrowed(EvalContext& ctx, std::size_t i, Tensor computed, DType dtype) {
  if (computed.dtype() == dtype) {
    ctx.set_output(i, std::move(computed));
  } else {
    ctx.set_output(i, TRY(cast(computed, dtype)));
  }
  return {};
}

}  // namespace slipway
