// Max, Min, Mean, Sum of any number of tensors. Sums add in the order of the inputs; halves are
// summed in float and rounded once.
#include "kernels/numeric/lanes.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/broadcast.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

struct Maximum {
  template <typename T>
  T operator()(T a, T b) const {
    return numeric::greater_of(a, b);  // NaN wins
  }
};

struct Minimum {
  template <typename T>
  T operator()(T a, T b) const {
    return numeric::less_of(a, b);
  }
};

struct Plus {
  template <typename T>
  T operator()(T a, T b) const {
    return a + b;
  }
};

// out = f(out, in), `in` broadcast to out's shape.
template <typename T, typename F>
void accumulate(const BroadcastLoop& loop, const Tensor& in, Tensor& out, F f) {
  const T* const from = in.data<T>().data();
  T* const to = out.mutable_data<T>().data();
  for_each_run(loop,
               [&](std::size_t at, const auto& offsets, const auto& steps, std::size_t count) {
                 const T* x = from + offsets[0];
                 for (std::size_t i = 0; i < count; ++i)
                   to[at + i] = f(to[at + i], x[i * steps[0]]);
               });
}

Result<Shape> result_shape(const EvalContext& ctx) {
  std::vector<Shape> shapes;
  for (std::size_t i = 0; i < ctx.input_count(); ++i) {
    if (ctx.input(i).dtype() != ctx.input(0).dtype()) {
      return ctx.fail("input ", i, " is ", name(ctx.input(i).dtype()), " and input 0 ",
                      name(ctx.input(0).dtype()), ": all must have one type");
    }
    shapes.push_back(ctx.input(i).shape());
    if (ctx.version() < 8 && shapes[i] != shapes[0]) {
      return ctx.fail("input ", i, " is ", shape_text(shapes[i]), " and input 0 ",
                      shape_text(shapes[0]), ": before opset 8 all shapes must be equal");
    }
  }
  Result<BroadcastLoop> loop = plan_broadcast(shapes);
  if (!loop.ok()) return ctx.fail(loop.error().message);
  return std::move(loop->shape);
}

// out = f(out, in), or `in` itself where it is the first.
using Accumulate =
    FunctionRef<void(const BroadcastLoop& loop, bool is_first, const Tensor& in, Tensor& out)>;

Result<Tensor> fold_by(EvalContext& ctx, Accumulate step) {
  if (ctx.input_count() == 0) return ctx.fail("no inputs: give at least one");
  const Shape shape = TRY(result_shape(ctx));
  const DType dtype = compute_dtype(ctx.input(0).dtype());
  Tensor out = TRY(ctx.make(dtype, shape));
  for (std::size_t i = 0; i < ctx.input_count(); ++i) {
    const Tensor in = TRY(widened(ctx, i));
    const Shape shapes[] = {in.shape(), shape};
    const BroadcastLoop loop = TRY(plan_broadcast(shapes));
    step(loop, i == 0, in, out);
  }
  return out;
}

template <typename F>
Result<Tensor> fold(EvalContext& ctx, F f) {
  return fold_by(ctx, [f](const BroadcastLoop& loop, bool is_first, const Tensor& in, Tensor& out) {
    visit_compute(in.dtype(), [&]<typename T>() {
      accumulate<T>(loop, in, out, [&](T so_far, T x) { return is_first ? x : f(so_far, x); });
    });
  });
}

template <typename F>
Status evaluate_fold(EvalContext& ctx) {
  return set_narrowed(ctx, 0, TRY(fold(ctx, F{})), ctx.input(0).dtype());
}

Status evaluate_mean(EvalContext& ctx) {
  Tensor sum = TRY(fold(ctx, Plus{}));
  visit_real(sum.dtype(), [&]<typename T>() {
    const T count = static_cast<T>(ctx.input_count());
    for (T& element : sum.mutable_data<T>()) element = element / count;
  });
  return set_narrowed(ctx, 0, std::move(sum), ctx.input(0).dtype());
}

Op row(std::string_view name, std::string_view old_signature, std::string_view signature,
       Status (*evaluate)(EvalContext&)) {
  return {.name = name,
          .versions = {{1, old_signature, "consumed_inputs ints"}, {6, signature}},
          .infer = infer_broadcast,
          .evaluate = evaluate};
}

}  // namespace

std::vector<Op> variadic_ops() {
  return {
      row("Max", "data_0+: T -> max: T | T = floats", "data_0+: T -> max: T | T = numeric",
          evaluate_fold<Maximum>),
      row("Min", "data_0+: T -> min: T | T = floats", "data_0+: T -> min: T | T = numeric",
          evaluate_fold<Minimum>),
      row("Mean", "data_0+: T -> mean: T | T = floats", "data_0+: T -> mean: T | T = floats",
          evaluate_mean),
      row("Sum", "data_0+: T -> sum: T | T = floats", "data_0+: T -> sum: T | T = floats",
          evaluate_fold<Plus>),
  };
}

}  // namespace slipway
