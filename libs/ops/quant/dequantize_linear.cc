// DequantizeLinear: y = (x - zero point) * scale, the product in float and rounded once.
#include "kernels/numeric/round.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/quant/scale_layout.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

Result<DType> output_type(const NodeView& view, DType scale) {
  const std::int64_t number = view.get_int("output_dtype", 0);
  if (number == 0) return scale;
  const std::optional<DType> stated = dtype_from_number(number);
  if (!stated.has_value())
    return view.fail("output_dtype is ", number, ", no element type's number");
  return *stated;
}

Status infer_dequantize(InferContext& ctx) {
  ctx.set_output(0, Type::tensor(TRY(output_type(ctx, ctx.dtype(1))), ctx.input(0).dims));
  return {};
}

Status evaluate_dequantize(EvalContext& ctx) {
  const Tensor& x = ctx.input(0);
  const DType dtype = TRY(output_type(ctx, ctx.input(1).dtype()));
  if (dtype != DType::kFloat32 && dtype != DType::kFloat16 && dtype != DType::kBfloat16) {
    return ctx.fail("the output would be ", name(dtype),
                    ": set output_dtype to float, float16 or bfloat16");
  }
  const ScaleLayout layout = TRY(scale_layout(ctx, x.shape(), ctx.input(1).shape()));
  const bool has_zero_point = ctx.has_input(2);
  if (has_zero_point) TRY(check_zero_point(ctx, ctx.input(1).shape(), ctx.input(2).shape()));
  const Tensor scales = TRY(cast(ctx.input(1), DType::kFloat32));
  const auto scale = scales.data<float>();
  Tensor y = TRY(ctx.make(DType::kFloat32, x.shape()));
  const auto out = y.mutable_data<float>();
  if (is_float(x.dtype())) {
    const Tensor values = TRY(cast(x, DType::kFloat32));
    const Tensor shifts = TRY(cast(ctx.input(has_zero_point ? 2 : 1), DType::kFloat32));
    const auto value = values.data<float>();
    const auto shift = shifts.data<float>();
    layout.for_each([&](std::size_t at, std::size_t s) {
      out[at] = (has_zero_point ? value[at] - shift[s] : value[at]) * scale[s];
    });
  } else {
    const Tensor values = TRY(cast(x, DType::kInt32));
    Tensor shifts;
    if (has_zero_point) shifts = TRY(cast(ctx.input(2), DType::kInt32));
    const auto value = values.data<std::int32_t>();
    const auto shift = shifts.data<std::int32_t>();
    layout.for_each([&](std::size_t at, std::size_t s) {
      out[at] = numeric::dequantize(value[at], has_zero_point ? shift[s] : 0, scale[s]);
    });
  }
  return set_narrowed(ctx, 0, std::move(y), dtype);
}

constexpr std::string_view kForm10 =
    "x: T, x_scale: float, x_zero_point?: T -> y: float | T = uint8 int8 int32";
constexpr std::string_view kForm19 =
    "x: T1, x_scale: T2, x_zero_point?: T1 -> y: T2 | T1 = uint8 int8 int32 float8e4m3fn "
    "float8e4m3fnuz "
    "float8e5m2 float8e5m2fnuz, T2 = float float16 bfloat16";
constexpr std::string_view kForm21 =
    "x: T1, x_scale: T2, x_zero_point?: T1 -> y: T2 | T1 = int4s uint8 int8 uint16 int16 int32 "
    "float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz, T2 = float float16 bfloat16";
constexpr std::string_view kForm23 =
    "x: T1, x_scale: T2, x_zero_point?: T1 -> y: T3 | T1 = float6 int4s int2s uint8 int8 uint16 "
    "int16 "
    "int32 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz float4e2m1, T2 = float float16 "
    "bfloat16 "
    "float8e8m0, T3 = float float16 bfloat16";

}  // namespace

std::vector<Op> dequantize_linear_ops() {
  return {{.name = "DequantizeLinear",
           .versions = {{10, kForm10},
                        {13, kForm10, "axis int"},
                        {19, kForm19, "axis int"},
                        {21, kForm21, "axis int, block_size int"},
                        {23, kForm23, "axis int, block_size int, output_dtype int"}},
           .infer = infer_dequantize,
           .evaluate = evaluate_dequantize}};
}

}  // namespace slipway
