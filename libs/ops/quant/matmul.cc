// MatMulInteger, QLinearMatMul. Sums are int32 and wrap, as ONNX allows; of float8 they are float.
#include "ops/nn/matmul.h"

#include "ops/op.h"
#include "ops/quant/operands.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

// A vector of scales or zero points of A stands for its rows; one of B already aligns with columns.
Shape row_shape(const EvalContext& ctx, std::size_t matrix, std::size_t i) {
  Shape shape = ctx.input(i).shape();
  if (shape.size() == 1 && ctx.input(matrix).rank() >= 2) shape.push_back(1);
  return shape;
}

// The exact product of inputs a and b less their zero points.
Result<Tensor> multiply_shifted(const EvalContext& ctx, std::size_t a, std::size_t a_zero_point,
                                std::size_t b, std::size_t b_zero_point) {
  Tensor left = TRY(without_zero_point(ctx, a, a_zero_point, row_shape(ctx, a, a_zero_point), "A"));
  Tensor right =
      TRY(without_zero_point(ctx, b, b_zero_point, ctx.input(b_zero_point).shape(), "B"));
  if (left.dtype() != right.dtype()) {
    left = TRY(cast(left, DType::kFloat32));
    right = TRY(cast(right, DType::kFloat32));
  }
  const MatMulPlan plan = TRY(plan_matmul(ctx, left.shape(), right.shape()));
  Tensor sums = TRY(ctx.make(left.dtype(), plan.output));
  if (sums.size() == 0) return sums;
  if (left.dtype() == DType::kFloat32) {
    multiply_matrices<float>(plan, left, right, sums);
  } else {
    multiply_matrices<std::int32_t>(plan, left, right, sums);
  }
  return sums;
}

Status infer_integer(InferContext& ctx) { return infer_product(ctx, 0, 1, DType::kInt32); }

Status evaluate_integer(EvalContext& ctx) {
  ctx.set_output(0, TRY(multiply_shifted(ctx, 0, 2, 1, 3)));
  return {};
}

Status infer_quantized(InferContext& ctx) { return infer_product(ctx, 0, 3, ctx.dtype(7)); }

Status evaluate_quantized(EvalContext& ctx) {
  const Tensor sums = TRY(multiply_shifted(ctx, 0, 2, 3, 5));
  const Tensor a_scale = TRY(cast(ctx.input(1), DType::kFloat32));
  const Tensor b_scale = TRY(cast(ctx.input(4), DType::kFloat32));
  const Tensor rows = TRY(a_scale.reshaped(row_shape(ctx, 0, 1)));
  return requantize(ctx, sums, rows, b_scale, 6, 7);
}

constexpr std::string_view kInteger =
    "A: T1, B: T2, a_zero_point?: T1, b_zero_point?: T2 -> Y: T3 | T1 = uint8 int8, T2 = uint8 "
    "int8, T3 = int32";
constexpr std::string_view kQuantized10 =
    "a: T1, a_scale: float, a_zero_point: T1, b: T2, b_scale: float, b_zero_point: T2, y_scale: "
    "float, "
    "y_zero_point: T3 -> y: T3 | T1 = uint8 int8, T2 = uint8 int8, T3 = uint8 int8";
constexpr std::string_view kQuantized21 =
    "a: T1, a_scale: TS, a_zero_point: T1, b: T2, b_scale: TS, b_zero_point: T2, y_scale: TS, "
    "y_zero_point: T3 -> y: T3 | TS = float float16 bfloat16, T1 = uint8 int8 float8e4m3fn "
    "float8e4m3fnuz "
    "float8e5m2 float8e5m2fnuz, T2 = uint8 int8 float8e4m3fn float8e4m3fnuz float8e5m2 "
    "float8e5m2fnuz, "
    "T3 = uint8 int8 float8e4m3fn float8e4m3fnuz float8e5m2 float8e5m2fnuz";

}  // namespace

std::vector<Op> quantized_matmul_ops() {
  return {
      {.name = "MatMulInteger",
       .versions = {{10, kInteger}},
       .infer = infer_integer,
       .evaluate = evaluate_integer,
       .multiply_adds = count_product},
      {.name = "QLinearMatMul",
       .versions = {{10, kQuantized10}, {21, kQuantized21}},
       .infer = infer_quantized,
       .evaluate = evaluate_quantized,
       .multiply_adds = count_product},
  };
}

}  // namespace slipway
