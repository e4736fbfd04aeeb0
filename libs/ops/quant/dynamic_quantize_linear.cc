// DynamicQuantizeLinear: scale and zero point from the range of the data, which always takes in 0.
#include <algorithm>

#include "kernels/numeric/reduce.h"
#include "kernels/numeric/round.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/quant/integer_range.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

Status infer_dynamic(InferContext& ctx) {
  ctx.set_output(0, Type::tensor(DType::kUint8, ctx.input(0).dims));
  ctx.set_output(1, DType::kFloat32, Dims{});
  ctx.set_output(2, DType::kUint8, Dims{});
  return {};
}

Status evaluate_dynamic(EvalContext& ctx) {
  const Tensor& x = ctx.input(0);
  const auto in = x.data<float>();
  const numeric::IntegerRange range = integer_range(DType::kUint8);
  const float high = std::max(0.0F, in.empty() ? 0.0F : numeric::max(in.data(), in.size()));
  const float low = std::min(0.0F, in.empty() ? 0.0F : numeric::min(in.data(), in.size()));
  const float spread = high - low;
  const float scale = spread == 0.0F ? 1.0F / 255.0F : spread / 255.0F;
  const std::int32_t zero_point = numeric::quantize(-low, scale, 0, range);
  Tensor y = TRY(ctx.make(DType::kUint8, x.shape()));
  const auto out = y.mutable_data<std::uint8_t>();
  for (std::size_t i = 0; i < in.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(numeric::quantize(in[i], scale, zero_point, range));
  }
  ctx.set_output(0, std::move(y));
  ctx.set_output(1, Tensor::scalar(scale));
  ctx.set_output(2, Tensor::scalar(static_cast<std::uint8_t>(zero_point)));
  return {};
}

}  // namespace

std::vector<Op> dynamic_quantize_linear_ops() {
  return {
      {.name = "DynamicQuantizeLinear",
       .versions = {{11,
                     "x: T1 -> y: T2, y_scale: float, y_zero_point: T2 | T1 = float, T2 = uint8"}},
       .infer = infer_dynamic,
       .evaluate = evaluate_dynamic}};
}

}  // namespace slipway
