// LayerNormalization and RMSNormalization: rows of all axes from `axis` on.
#include <utility>

#include "kernels/numeric/reduce.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/broadcast.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

// Scale or bias along the rows: one element for all, one row for all, or a row for each row.
struct RowParameter {
  Tensor values;
  std::size_t row_step = 0;  // from row to row, in elements
  std::ptrdiff_t step = 0;   // within a row
  bool is_given = false;
};

struct RowPlan {
  std::size_t axis = 0;
  std::size_t rows = 0;
  std::size_t length = 0;
};

Result<RowPlan> plan_rows(const EvalContext& ctx) {
  const Tensor& x = ctx.input(0);
  RowPlan plan;
  plan.axis = TRY(normalize_axis(ctx, ctx.get_int("axis", -1), x.rank()));
  if (x.size() == 0) return plan;
  plan.length = 1;
  for (std::size_t a = plan.axis; a < x.rank(); ++a)
    plan.length *= static_cast<std::size_t>(x.dim(a));
  plan.rows = x.size() / plan.length;
  return plan;
}

// Input i, broadcast to the shape of X.
Result<RowParameter> read_parameter(const EvalContext& ctx, std::size_t i, const RowPlan& plan,
                                    DType dtype) {
  RowParameter parameter;
  parameter.is_given = ctx.has_input(i);
  const Shape& shape = ctx.input(0).shape();
  if (!parameter.is_given || ctx.input(0).size() == 0) return parameter;
  parameter.values = TRY(cast(ctx.input(i), dtype));
  const Shape& given = parameter.values.shape();
  if (parameter.values.size() == 1 && given.size() <= shape.size()) return parameter;
  if (given == Shape(shape.begin() + static_cast<std::ptrdiff_t>(plan.axis), shape.end())) {
    parameter.step = 1;
    return parameter;
  }
  const Result<BroadcastLoop> loop = plan_broadcast(std::vector<Shape>{shape, given});
  if (!loop.ok() || loop->shape != shape) {
    return ctx.fail("input ", i, " has shape ", shape_text(given),
                    ", which does not repeat to the input's ", shape_text(shape));
  }
  Tensor all = TRY(ctx.make(dtype, shape));
  visit_real(dtype, [&]<typename T>() {
    const auto in = parameter.values.data<T>();
    const auto out = all.mutable_data<T>();
    for_each_run(*loop,
                 [&](std::size_t at, const auto& offsets, const auto& steps, std::size_t count) {
                   for (std::size_t k = 0; k < count; ++k)
                     out[at + k] = in[offsets[1] + k * steps[1]];
                 });
  });
  parameter.values = std::move(all);
  parameter.row_step = plan.length;
  parameter.step = 1;
  return parameter;
}

template <typename T>
const T* row_of(const RowParameter& parameter, std::size_t row) {
  return parameter.is_given ? parameter.values.data<T>().data() + row * parameter.row_step
                            : nullptr;
}

// Both parameters must have the same step; a single element is repeated where the other is a row.
Result<RowParameter> with_step(const EvalContext& ctx, RowParameter parameter, std::ptrdiff_t step,
                               std::size_t length) {
  if (!parameter.is_given || parameter.step == step || parameter.values.size() != 1)
    return parameter;
  Tensor row = TRY(ctx.make(parameter.values.dtype(), {static_cast<std::int64_t>(length)}));
  visit_real(row.dtype(), [&]<typename T>() {
    for (T& element : row.mutable_data<T>()) element = parameter.values.data<T>()[0];
  });
  parameter.values = std::move(row);
  parameter.step = step;
  return parameter;
}

Shape statistics_shape(const Shape& x, std::size_t axis) {
  Shape shape = x;
  std::fill(shape.begin() + static_cast<std::ptrdiff_t>(axis), shape.end(), 1);
  return shape;
}

Result<DType> stash_dtype(const NodeView& view) {
  const std::int64_t stash = view.get_int("stash_type", 1);
  if (stash == 1) return DType::kFloat32;
  if (stash == 16) return DType::kBfloat16;
  if (stash == 11) return DType::kFloat64;
  if (stash == 10) return DType::kFloat16;
  return view.fail("stash_type is ", stash, ": use 1 (float) or 16 (bfloat16)");
}

Status evaluate_layer_normalization(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  const RowPlan plan = TRY(plan_rows(ctx));
  RowParameter scale = TRY(read_parameter(ctx, 1, plan, x.dtype()));
  RowParameter bias = TRY(read_parameter(ctx, 2, plan, x.dtype()));
  const std::ptrdiff_t step = std::max(scale.step, bias.step);
  scale = TRY(with_step(ctx, std::move(scale), step, plan.length));
  bias = TRY(with_step(ctx, std::move(bias), step, plan.length));
  Tensor y = TRY(ctx.make(x.dtype(), x.shape()));
  const Shape statistics = statistics_shape(x.shape(), plan.axis);
  Tensor mean = TRY(ctx.make(x.dtype(), statistics));
  Tensor inverse = TRY(ctx.make(x.dtype(), statistics));
  const float epsilon = ctx.get_float("epsilon", 1e-5F);
  const bool known = visit_real(x.dtype(), [&]<typename T>() {
    for (std::size_t row = 0; row < plan.rows; ++row) {
      const numeric::Moments<T> moments = numeric::layer_norm_row(
          x.data<T>().data() + row * plan.length, y.mutable_data<T>().data() + row * plan.length,
          plan.length, 1, static_cast<T>(epsilon),
          {row_of<T>(scale, row), row_of<T>(bias, row), step});
      mean.mutable_data<T>()[row] = moments.mean;
      inverse.mutable_data<T>()[row] =
          numeric::inverse_root(moments.variance, static_cast<T>(epsilon));
    }
  });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  const DType stash = TRY(stash_dtype(ctx));
  TRY(set_narrowed(ctx, 1, std::move(mean), stash));
  TRY(set_narrowed(ctx, 2, std::move(inverse), stash));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

Status evaluate_rms_normalization(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  const RowPlan plan = TRY(plan_rows(ctx));
  const RowParameter scale = TRY(read_parameter(ctx, 1, plan, x.dtype()));
  Tensor y = TRY(ctx.make(x.dtype(), x.shape()));
  const float epsilon = ctx.get_float("epsilon", 1e-5F);
  const bool known = visit_real(x.dtype(), [&]<typename T>() {
    for (std::size_t row = 0; row < plan.rows; ++row) {
      numeric::rms_norm_row(x.data<T>().data() + row * plan.length,
                            y.mutable_data<T>().data() + row * plan.length, plan.length, 1,
                            static_cast<T>(epsilon), {row_of<T>(scale, row), nullptr, scale.step});
    }
  });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(1).dtype());
}

Status infer_layer_normalization(InferContext& ctx) {
  ctx.copy_type(0, 0);
  const DType stash = TRY(stash_dtype(ctx));
  std::optional<Dims> statistics;
  if (const Dims* x = ctx.dims(0)) {
    const std::size_t axis = TRY(normalize_axis(ctx, ctx.get_int("axis", -1), x->size()));
    statistics = *x;
    std::fill(statistics->begin() + static_cast<std::ptrdiff_t>(axis), statistics->end(), Dim(1));
  }
  for (const std::size_t i : {1U, 2U}) {
    if (ctx.has_output(i)) ctx.set_output(i, Type::tensor(stash, statistics));
  }
  return {};
}

Status infer_rms_normalization(InferContext& ctx) {
  Type type = ctx.input(0);
  type.kind = Type::Kind::kTensor;
  type.dtype = ctx.dtype(1);
  ctx.set_output(0, std::move(type));
  return {};
}

}  // namespace

std::vector<Op> layer_normalization_ops() {
  return {
      {.name = "LayerNormalization",
       .versions = {{17,
                     "X: T, Scale: T, B?: T -> Y: T, Mean?: U, InvStdDev?: U | T = floats, "
                     "U = float bfloat16",
                     "axis int, epsilon float, stash_type int"}},
       .infer = infer_layer_normalization,
       .evaluate = evaluate_layer_normalization},
      {.name = "RMSNormalization",
       .versions = {{23, "X: T, scale: V -> Y: V | T = floats, V = floats",
                     "axis int, epsilon float, stash_type int"}},
       .infer = infer_rms_normalization,
       .evaluate = evaluate_rms_normalization},
  };
}

}  // namespace slipway
