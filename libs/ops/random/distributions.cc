// RandomNormal, RandomUniform and their Like forms. Element i takes number i of the node's
// generator; everything is computed in double and rounded once.
#include "ops/op.h"
#include "ops/random/source.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

Status check_float(const NodeView& view, DType dtype) {
  if (dtype == DType::kUndefined || compute_dtype(dtype) == DType::kFloat64) return {};
  if (dtype == DType::kFloat32 || dtype == DType::kFloat16 || dtype == DType::kBfloat16) return {};
  return view.fail("dtype is ", name(dtype),
                   ": random numbers are float, float16, bfloat16 or double");
}

Status infer_shaped(InferContext& ctx) {
  const DType dtype = TRY(stated_dtype(ctx, DType::kFloat32));
  TRY(check_float(ctx, dtype));
  const std::vector<std::int64_t>* shape = ctx.get_ints("shape");
  if (shape == nullptr) return ctx.fail("has no attribute shape: give the extents of the output");
  for (const std::int64_t dim : *shape) {
    if (dim < 0) return ctx.fail("shape ", shape_text(*shape), " has a negative dimension");
  }
  ctx.set_output(0, dtype, to_dims(*shape));
  return {};
}

Status infer_like(InferContext& ctx) {
  const DType dtype = TRY(stated_dtype(ctx, ctx.dtype(0)));
  TRY(check_float(ctx, dtype));
  ctx.set_output(0, Type::tensor(dtype, ctx.input(0).dims));
  return {};
}

Status fill_uniform(EvalContext& ctx, DType dtype, const Shape& shape) {
  TRY(check_float(ctx, dtype));
  const numeric::Random random = random_source(ctx);
  const double low = ctx.get_float("low", 0.0F);
  const double spread = ctx.get_float("high", 1.0F) - low;
  const bool is_wide = dtype == DType::kFloat64;
  Tensor y = TRY(ctx.make(DType::kFloat64, shape));
  std::uint64_t i = 0;
  for (double& x : y.mutable_data<double>()) {
    const double u =
        is_wide ? random.uniform_double(i) : static_cast<double>(random.uniform_float(i));
    x = low + spread * u;
    ++i;
  }
  return set_narrowed(ctx, 0, std::move(y), dtype);
}

Status fill_normal(EvalContext& ctx, DType dtype, const Shape& shape) {
  TRY(check_float(ctx, dtype));
  const numeric::Random random = random_source(ctx);
  const double mean = ctx.get_float("mean", 0.0F);
  const double scale = ctx.get_float("scale", 1.0F);
  Tensor y = TRY(ctx.make(DType::kFloat64, shape));
  std::uint64_t i = 0;
  for (double& x : y.mutable_data<double>()) x = mean + scale * random.normal(i++);
  return set_narrowed(ctx, 0, std::move(y), dtype);
}

using Fill = Status(EvalContext&, DType, const Shape&);

template <Fill* kFill>
Status evaluate_shaped(EvalContext& ctx) {
  const std::vector<std::int64_t>* shape = ctx.get_ints("shape");
  if (shape == nullptr) return ctx.fail("has no attribute shape: give the extents of the output");
  return kFill(ctx, TRY(stated_dtype(ctx, DType::kFloat32)), *shape);
}

template <Fill* kFill>
Status evaluate_like(EvalContext& ctx) {
  if (!ctx.value(0).is_tensor())
    return ctx.fail("the input is ", describe(ctx.value(0)), ", no tensor");
  return kFill(ctx, TRY(stated_dtype(ctx, ctx.input(0).dtype())), ctx.input(0).shape());
}

Op shaped(std::string_view name, std::string_view attributes, Status (*evaluate)(EvalContext&)) {
  return {.name = name,
          .versions = {{1, " -> output: T | T = floats", attributes}},
          .infer = infer_shaped,
          .evaluate = evaluate,
          .is_random = true};
}

Op like(std::string_view name, std::string_view attributes, Status (*evaluate)(EvalContext&)) {
  return {.name = name,
          .versions = {{1, "input: T1 -> output: T2 | T1 = any, T2 = floats", attributes}},
          .infer = infer_like,
          .evaluate = evaluate,
          .is_random = true};
}

}  // namespace

std::vector<Op> distribution_ops() {
  return {
      shaped("RandomNormal", "dtype int, mean float, scale float, seed float, shape ints!",
             evaluate_shaped<fill_normal>),
      like("RandomNormalLike", "dtype int, mean float, scale float, seed float",
           evaluate_like<fill_normal>),
      shaped("RandomUniform", "dtype int, high float, low float, seed float, shape ints!",
             evaluate_shaped<fill_uniform>),
      like("RandomUniformLike", "dtype int, high float, low float, seed float",
           evaluate_like<fill_uniform>),
  };
}

}  // namespace slipway
