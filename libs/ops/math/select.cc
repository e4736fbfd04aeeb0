// Where, Clip, PRelu.
#include <limits>

#include "ops/infer_context.h"
#include "ops/math/binary.h"
#include "ops/op.h"

namespace slipway {
namespace {

Status infer_where(InferContext& ctx) {
  const Dims* condition = ctx.dims(0);
  const Dims* x = ctx.dims(1);
  const Dims* y = ctx.dims(2);
  ctx.set_output(0, ctx.dtype(1));
  if (condition == nullptr || x == nullptr || y == nullptr) return {};
  Result<Dims> values = broadcast(*x, *y);
  if (!values.ok()) return ctx.fail(values.error().message);
  Result<Dims> all = broadcast(*condition, *values);
  if (!all.ok()) return ctx.fail(all.error().message);
  ctx.set_output(0, ctx.dtype(1), *std::move(all));
  return {};
}

Status evaluate_where(EvalContext& ctx) {
  const Tensor& x = ctx.input(1);
  const Tensor& y = ctx.input(2);
  if (x.dtype() != y.dtype()) {
    return ctx.fail("X is ", name(x.dtype()), " and Y ", name(y.dtype()),
                    ": both must have one type");
  }
  const Shape shapes[] = {ctx.input(0).shape(), x.shape(), y.shape()};
  Result<BroadcastLoop> loop = plan_broadcast(shapes);
  if (!loop.ok()) return ctx.fail(loop.error().message);
  Tensor out = TRY(ctx.make(x.dtype(), loop->shape));
  const bool* const condition = ctx.input(0).data<bool>().data();
  visit_width(x.dtype(), [&]<typename T>() {
    const T* const yes = x.data<T>().data();
    const T* const no = y.data<T>().data();
    T* const result = out.mutable_data<T>().data();
    for_each_run(
        *loop, [&](std::size_t at, const auto& offsets, const auto& steps, std::size_t count) {
          for (std::size_t i = 0; i < count; ++i) {
            result[at + i] = condition[offsets[0] + i * steps[0]] ? yes[offsets[1] + i * steps[1]]
                                                                  : no[offsets[2] + i * steps[2]];
          }
        });
  });
  ctx.set_output(0, std::move(out));
  return {};
}

// The bound in input i, or the default when it is omitted.
template <typename T>
Result<T> bound(const EvalContext& ctx, std::size_t i, T default_value) {
  if (!ctx.has_input(i)) return default_value;
  if (ctx.input(i).size() != 1 || ctx.input(i).dtype() != ctx.input(0).dtype()) {
    return ctx.fail(i == 1 ? "min" : "max", " is ", describe(ctx.value(i)), ": it must be one ",
                    name(ctx.input(0).dtype()));
  }
  const Tensor value = TRY(widened(ctx, i));
  return value.data<T>()[0];
}

Status evaluate_clip(EvalContext& ctx) {
  const DType dtype = ctx.input(0).dtype();
  Tensor y = TRY(widened(ctx, 0));
  Status status;
  visit_compute(y.dtype(), [&]<typename T>() {
    T low = lowest_of<T>(dtype);
    T high = largest_of<T>(dtype);
    if (ctx.version() < 11) {
      if (ctx.has_attribute("min")) low = static_cast<T>(ctx.get_float("min", 0));
      if (ctx.has_attribute("max")) high = static_cast<T>(ctx.get_float("max", 0));
    } else {
      const Result<T> given_low = bound<T>(ctx, 1, low);
      const Result<T> given_high = bound<T>(ctx, 2, high);
      if (!given_low.ok() || !given_high.ok()) {
        status = given_low.ok() ? given_high.error() : given_low.error();
        return;
      }
      low = *given_low;
      high = *given_high;
    }
    for (T& x : y.mutable_data<T>()) {
      if (x < low) x = low;
      if (x > high) x = high;
    }
  });
  TRY(std::move(status));
  return set_narrowed(ctx, 0, std::move(y), dtype);
}

// Before opset 7 a slope of rank 1 belongs to the channels, dimension 1.
Shape slope_shape(const EvalContext& ctx) {
  Shape shape = ctx.input(1).shape();
  const std::size_t rank = ctx.input(0).rank();
  if (ctx.version() < 7 && shape.size() == 1 && rank > 2 && shape[0] == ctx.input(0).dim(1)) {
    shape.resize(rank - 1, 1);
  }
  return shape;
}

Status evaluate_prelu(EvalContext& ctx) {
  const Shape shapes[] = {ctx.input(0).shape(), slope_shape(ctx)};
  const Result<BroadcastLoop> loop = plan_broadcast(shapes);
  if (!loop.ok() || loop->shape != ctx.input(0).shape() ||
      ctx.input(0).dtype() != ctx.input(1).dtype()) {
    return ctx.fail("slope ", describe(ctx.value(1)), " does not broadcast to X ",
                    describe(ctx.value(0)), ": its shape must stretch to that of X");
  }
  const Tensor x = TRY(widened(ctx, 0));
  const Tensor slope = TRY(widened(ctx, 1));
  Tensor y = TRY(ctx.make(x.dtype(), x.shape()));
  visit_compute(x.dtype(), [&]<typename T>() {
    run_binary<T, T>(*loop, x, slope, y, [](T element, T factor) {
      if constexpr (std::is_same_v<T, std::int64_t>) {
        return element < 0 ? static_cast<T>(static_cast<std::uint64_t>(element) *
                                            static_cast<std::uint64_t>(factor))
                           : element;
      } else {
        return element < T{0} ? element * factor : element;
      }
    });
  });
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

}  // namespace

std::vector<Op> select_ops() {
  return {
      {.name = "Where",
       .versions = {{9, "condition: B, X: T, Y: T -> output: T | B = bool, T = any"}},
       .infer = infer_where,
       .evaluate = evaluate_where},
      {.name = "Clip",
       .versions = {{1, "input: T -> output: T | T = floats",
                     "consumed_inputs ints, max float, min float"},
                    {6, "input: T -> output: T | T = floats", "max float, min float"},
                    {11, "input: T, min?: T, max?: T -> output: T | T = numeric"}},
       .infer = infer_same_as_first,
       .evaluate = evaluate_clip},
      {.name = "PRelu",
       .versions = {{1, "X: T, slope: T -> Y: T | T = floats", "consumed_inputs ints"},
                    {6, "X: T, slope: T -> Y: T | T = floats int32 int64 uint32 uint64"}},
       .infer = infer_same_as_first,
       .evaluate = evaluate_prelu},
  };
}

}  // namespace slipway
