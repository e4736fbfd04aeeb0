// QuantizeLinear: y = saturate(round(x / scale) + zero point).
#include "kernels/numeric/round.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/quant/integer_range.h"
#include "ops/quant/scale_layout.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

// The zero point's type, else output_dtype, else uint8. `zero_point` is undefined when omitted.
Result<DType> quantized_type(const NodeView& view, bool has_zero_point, DType zero_point) {
  const std::int64_t number = view.get_int("output_dtype", 0);
  if (number == 0) return has_zero_point ? zero_point : DType::kUint8;
  const std::optional<DType> stated = dtype_from_number(number);
  if (!stated.has_value())
    return view.fail("output_dtype is ", number, ", no element type's number");
  if (has_zero_point && zero_point != DType::kUndefined && *stated != zero_point) {
    return view.fail("output_dtype is ", name(*stated), " and the zero point ", name(zero_point),
                     ": both must name one type");
  }
  return *stated;
}

Status infer_quantize(InferContext& ctx) {
  const DType dtype = TRY(quantized_type(ctx, ctx.has_input(2), ctx.dtype(2)));
  ctx.set_output(0, Type::tensor(dtype, ctx.input(0).dims));
  return {};
}

// The type in which x / scale is rounded: float unless halves are asked for.
Result<DType> division_type(const EvalContext& ctx) {
  const std::int64_t number = ctx.get_int("precision", 0);
  if (number != 0) {
    const std::optional<DType> stated = dtype_from_number(number);
    const bool known = stated == DType::kFloat32 || stated == DType::kFloat16 ||
                       stated == DType::kBfloat16 || stated == DType::kFloat64;
    if (!known)
      return ctx.fail("precision is ", number, ": it must be float, float16, bfloat16 or double");
    return *stated;
  }
  const DType scale = ctx.input(1).dtype();
  return scale == DType::kFloat16 || scale == DType::kBfloat16 ? scale : DType::kFloat32;
}

template <typename T>
T rounded_to(T value, DType precision) {
  if (precision == DType::kFloat16)
    return static_cast<T>(static_cast<float>(Float16(static_cast<float>(value))));
  if (precision == DType::kBfloat16)
    return static_cast<T>(static_cast<float>(BFloat16(static_cast<float>(value))));
  return value;
}

struct Operands {
  Tensor x, scale;  // in one compute type
  Tensor zero_point;
  ScaleLayout layout;
  DType precision = DType::kFloat32;
};

Result<Operands> read_operands(const EvalContext& ctx) {
  Operands in;
  in.layout = TRY(scale_layout(ctx, ctx.input(0).shape(), ctx.input(1).shape()));
  if (ctx.has_input(2)) TRY(check_zero_point(ctx, ctx.input(1).shape(), ctx.input(2).shape()));
  in.precision = TRY(division_type(ctx));
  const Tensor x = TRY(cast(ctx.input(0), in.precision));
  const Tensor scale = TRY(cast(ctx.input(1), in.precision));
  in.x = TRY(widened(x));
  in.scale = TRY(widened(scale));
  if (ctx.has_input(2)) in.zero_point = TRY(cast(ctx.input(2), DType::kFloat64));
  return in;
}

template <typename T>
Result<Tensor> quantize_whole(const EvalContext& ctx, const Operands& in, DType dtype) {
  Tensor codes = TRY(ctx.make(DType::kInt32, in.x.shape()));
  const auto out = codes.mutable_data<std::int32_t>();
  const auto x = in.x.data<T>();
  const auto scale = in.scale.data<T>();
  const auto zero_point = in.zero_point.data<double>();
  const numeric::IntegerRange range = integer_range(dtype);
  in.layout.for_each([&](std::size_t at, std::size_t s) {
    const T quotient = rounded_to(x[at] / scale[s], in.precision);
    const std::int32_t shift = zero_point.empty() ? 0 : static_cast<std::int32_t>(zero_point[s]);
    out[at] = numeric::quantize(quotient, T{1}, shift, range);
  });
  return codes;
}

template <typename T>
Result<Tensor> quantize_float(const EvalContext& ctx, const Operands& in) {
  Tensor y = TRY(ctx.make(in.x.dtype(), in.x.shape()));
  const auto out = y.mutable_data<T>();
  const auto x = in.x.data<T>();
  const auto scale = in.scale.data<T>();
  const auto zero_point = in.zero_point.data<double>();
  in.layout.for_each([&](std::size_t at, std::size_t s) {
    out[at] = rounded_to(x[at] / scale[s], in.precision);
    if (!zero_point.empty() && zero_point[s] != 0) out[at] += static_cast<T>(zero_point[s]);
  });
  return y;
}

Status evaluate_quantize(EvalContext& ctx) {
  const DType dtype = TRY(quantized_type(ctx, ctx.has_input(2), ctx.input(2).dtype()));
  if (!is_integer(dtype) && !is_float(dtype)) {
    return ctx.fail("cannot quantise to ", name(dtype),
                    ": output_dtype must be a whole or narrow float type");
  }
  const Operands in = TRY(read_operands(ctx));
  Result<Tensor> y = Tensor();
  visit_real(in.x.dtype(), [&]<typename T>() {
    y = is_integer(dtype) ? quantize_whole<T>(ctx, in, dtype) : quantize_float<T>(ctx, in);
  });
  if (!y.ok()) return y.error();
  ctx.set_output(0, TRY(cast(*y, dtype, {.saturate = ctx.get_flag("saturate", true)})));
  return {};
}

constexpr std::string_view kForm10 =
    "x: T1, y_scale: float, y_zero_point?: T2 -> y: T2 | T1 = float int32, T2 = uint8 int8";
constexpr std::string_view kForm19 =
    "x: T1, y_scale: T1, y_zero_point?: T2 -> y: T2 | T1 = float int32 float16 bfloat16, T2 = "
    "uint8 int8 "
    "float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz";
constexpr std::string_view kForm21 =
    "x: T1, y_scale: T1, y_zero_point?: T2 -> y: T2 | T1 = float int32 float16 bfloat16, T2 = "
    "int4s uint8 "
    "int8 uint16 int16 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz";
constexpr std::string_view kForm23 =
    "x: T1, y_scale: T2, y_zero_point?: T3 -> y: T3 | T1 = float int32 float16 bfloat16, T2 = "
    "float int32 "
    "float16 bfloat16 float8e8m0, T3 = float6 int4s int2s uint8 int8 uint16 int16 float8e4m3fn "
    "float8e4m3fnuz float8e5m2 float8e5m2fnuz float4e2m1";

}  // namespace

std::vector<Op> quantize_linear_ops() {
  return {
      {.name = "QuantizeLinear",
       .versions = {{10, kForm10},
                    {13, kForm10, "axis int"},
                    {19, kForm19, "axis int, saturate int"},
                    {21, kForm21, "axis int, block_size int, output_dtype int, saturate int"},
                    {23, kForm23,
                     "axis int, block_size int, output_dtype int, precision int, saturate int"}},
       .infer = infer_quantize,
       .evaluate = evaluate_quantize}};
}

}  // namespace slipway
