// ConvInteger, QLinearConv. Sums are int32 and wrap, as ONNX allows.
#include "ops/cost_context.h"
#include "ops/nn/convolve.h"
#include "ops/op.h"
#include "ops/quant/operands.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

// A vector of scales or zero points of the weights stands for their first dimension.
Shape channel_shape(const EvalContext& ctx, std::size_t i, std::size_t following) {
  Shape shape = ctx.input(i).shape();
  if (shape.size() == 1) shape.resize(1 + following, 1);
  return shape;
}

// The exact convolution of inputs x and w less their zero points, plus input `bias` where given.
Result<Tensor> convolve_shifted(const EvalContext& ctx, std::size_t x, std::size_t x_zero_point,
                                std::size_t w, std::size_t w_zero_point, std::size_t bias) {
  const std::size_t rank = ctx.input(w).rank();
  if (rank == 0)
    return ctx.fail("the weights are a scalar: they must be [M, C / group, kernel...]");
  const Tensor data =
      TRY(without_zero_point(ctx, x, x_zero_point, ctx.input(x_zero_point).shape(), "x"));
  const Tensor weights = TRY(
      without_zero_point(ctx, w, w_zero_point, channel_shape(ctx, w_zero_point, rank - 1), "w"));
  Convolution plan = TRY(plan_convolution(ctx, data.shape(), weights.shape()));
  if (ctx.has_input(bias)) TRY(check_bias(ctx, ctx.input(bias), weights.dim(0)));
  Tensor sums = TRY(ctx.make(DType::kInt32, plan.output_shape));
  if (sums.size() == 0) return sums;
  if (plan.in_channels > 0) merge_pointwise(plan);
  convolve<std::int32_t>(
      plan, data, weights,
      ctx.has_input(bias) ? ctx.input(bias).data<std::int32_t>().data() : nullptr, sums);
  return sums;
}

constexpr std::size_t kNoBias = 4;  // ConvInteger has four inputs

Status infer_integer(InferContext& ctx) { return infer_convolution_of(ctx, 0, 1, DType::kInt32); }

Status evaluate_integer(EvalContext& ctx) {
  ctx.set_output(0, TRY(convolve_shifted(ctx, 0, 2, 1, 3, kNoBias)));
  return {};
}

Status infer_quantized(InferContext& ctx) { return infer_convolution_of(ctx, 0, 3, ctx.dtype(7)); }

Status evaluate_quantized(EvalContext& ctx) {
  const Tensor sums = TRY(convolve_shifted(ctx, 0, 2, 3, 5, 8));
  const Tensor x_scale = TRY(cast(ctx.input(1), DType::kFloat32));
  const Tensor w_scale = TRY(cast(ctx.input(4), DType::kFloat32));
  const Tensor channels = TRY(w_scale.reshaped(channel_shape(ctx, 4, sums.rank() - 2)));
  return requantize(ctx, sums, x_scale, channels, 6, 7);
}

std::int64_t count_sums(const CostContext& ctx, std::size_t w_input) {
  const Shape& w = ctx.input(w_input);
  if (w.size() < 2) return 0;
  Shape all = ctx.output(0);
  all.insert(all.end(), w.begin() + 1, w.end());
  return saturating_count(all);
}
std::int64_t count_integer(const CostContext& ctx) { return count_sums(ctx, 1); }
std::int64_t count_quantized(const CostContext& ctx) { return count_sums(ctx, 3); }

constexpr std::string_view kWindow =
    "auto_pad string, dilations ints, group int, kernel_shape ints, pads ints, strides ints";
constexpr std::string_view kInteger =
    "x: T1, w: T2, x_zero_point?: T1, w_zero_point?: T2 -> y: T3 | T1 = uint8 int8, T2 = uint8 "
    "int8, T3 = int32";
constexpr std::string_view kQuantized =
    "x: T1, x_scale: float, x_zero_point: T1, w: T2, w_scale: float, w_zero_point: T2, y_scale: "
    "float, "
    "y_zero_point: T3, B?: T4 -> y: T3 | T1 = uint8 int8, T2 = uint8 int8, T3 = uint8 int8, T4 = "
    "int32";

}  // namespace

std::vector<Op> quantized_conv_ops() {
  return {
      {.name = "ConvInteger",
       .versions = {{10, kInteger, kWindow}},
       .infer = infer_integer,
       .evaluate = evaluate_integer,
       .multiply_adds = count_integer},
      {.name = "QLinearConv",
       .versions = {{10, kQuantized, kWindow}},
       .infer = infer_quantized,
       .evaluate = evaluate_quantized,
       .multiply_adds = count_quantized},
  };
}

}  // namespace slipway
