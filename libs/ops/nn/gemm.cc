#include <utility>

#include "kernels/numeric/dot.h"
#include "ops/cost_context.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/broadcast.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

struct GemmPlan {
  bool trans_a = false, trans_b = false;
  std::int64_t m = 0, n = 0, k = 0;
};

Result<GemmPlan> plan_gemm(const NodeView& view, const Shape& a, const Shape& b) {
  if (a.size() != 2 || b.size() != 2) {
    return view.fail("A has shape ", shape_text(a), " and B ", shape_text(b),
                     ": both must be matrices");
  }
  GemmPlan plan;
  plan.trans_a = view.get_int("transA", 0) != 0;
  plan.trans_b = view.get_int("transB", 0) != 0;
  plan.m = a[plan.trans_a ? 1 : 0];
  plan.k = a[plan.trans_a ? 0 : 1];
  plan.n = b[plan.trans_b ? 0 : 1];
  if (b[plan.trans_b ? 1 : 0] != plan.k) {
    return view.fail("A is ", shape_text(a), ", B is ", shape_text(b), " (transA ", plan.trans_a,
                     ", transB ", plan.trans_b, "): the inner extents differ");
  }
  return plan;
}

template <typename T>
void multiply(const GemmPlan& plan, const Tensor& a, const Tensor& b, Tensor& y) {
  const numeric::Matrix<const T> left =
      plan.trans_a ? numeric::Matrix<const T>{a.data<T>().data(), 1, plan.m}
                   : numeric::Matrix<const T>{a.data<T>().data(), plan.k, 1};
  const numeric::Matrix<const T> right =
      plan.trans_b ? numeric::Matrix<const T>{b.data<T>().data(), 1, plan.k}
                   : numeric::Matrix<const T>{b.data<T>().data(), plan.n, 1};
  numeric::gemm(static_cast<std::size_t>(plan.m), static_cast<std::size_t>(plan.n),
                static_cast<std::size_t>(plan.k), left, right,
                numeric::Matrix<T>{y.mutable_data<T>().data(), plan.n, 1});
}

// y = alpha * y + beta * c: one rounding for alpha * y, one for beta * c, one for the sum. A factor
// of 1 changes nothing. Whole numbers are scaled in double and cut towards zero; what leaves 64
// bits becomes 0.
template <typename T>
T scaled(T x, float factor) {
  if (factor == 1.0F) return x;
  if constexpr (std::is_floating_point_v<T>) {
    return x * static_cast<T>(factor);
  } else {
    const double product = static_cast<double>(x) * static_cast<double>(factor);
    constexpr double kLimit = 9.2233720368547748e18;
    if (!(product > -kLimit && product < kLimit)) return T{0};
    return static_cast<T>(static_cast<std::int64_t>(product));
  }
}

template <typename T>
void add_scaled(const BroadcastLoop& loop, float beta, const Tensor& c, Tensor& y) {
  const auto in = c.data<T>();
  const auto out = y.mutable_data<T>();
  for_each_run(loop,
               [&](std::size_t at, const auto& offsets, const auto& steps, std::size_t count) {
                 for (std::size_t i = 0; i < count; ++i) {
                   const T term = scaled(in[offsets[1] + i * steps[1]], beta);
                   if constexpr (std::is_floating_point_v<T>) {
                     out[at + i] += term;
                   } else {
                     out[at + i] = static_cast<T>(static_cast<std::uint64_t>(out[at + i]) +
                                                  static_cast<std::uint64_t>(term));
                   }
                 }
               });
}

Status evaluate_gemm(EvalContext& ctx) {
  const Tensor a = TRY(widened(ctx, 0));
  const Tensor b = TRY(widened(ctx, 1));
  const GemmPlan plan = TRY(plan_gemm(ctx, a.shape(), b.shape()));
  const float alpha = ctx.get_float("alpha", 1.0F);
  const float beta = ctx.get_float("beta", 1.0F);
  const Shape shape = {plan.m, plan.n};
  Tensor y = TRY(ctx.make(a.dtype(), shape));
  const bool known = visit_compute(a.dtype(), [&]<typename T>() {
    if (y.size() == 0) return;
    multiply<T>(plan, a, b, y);
    for (T& element : y.mutable_data<T>()) element = scaled(element, alpha);
  });
  if (!known) return ctx.unsupported("no implementation for ", name(a.dtype()));
  if (ctx.has_input(2) && beta != 0.0F) {
    const Tensor c = TRY(widened(ctx, 2));
    const Result<BroadcastLoop> loop = plan_broadcast(std::vector<Shape>{shape, c.shape()});
    const bool may_broadcast = ctx.version() >= 7 || ctx.get_int("broadcast", 0) != 0;
    if (!loop.ok() || loop->shape != shape || (!may_broadcast && c.shape() != shape)) {
      return ctx.fail("C has shape ", shape_text(c.shape()), ", the product has ",
                      shape_text(shape),
                      ctx.version() >= 7 ? "" : ": set broadcast to 1 to repeat C",
                      ": C must have that shape or repeat to it");
    }
    if (y.size() != 0) {
      visit_compute(a.dtype(), [&]<typename T>() { add_scaled<T>(*loop, beta, c, y); });
    }
  }
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

Status infer_gemm(InferContext& ctx) {
  ctx.set_output(0, ctx.dtype(0));
  const Dims* a = ctx.dims(0);
  const Dims* b = ctx.dims(1);
  if (a == nullptr || b == nullptr) return {};
  if (a->size() != 2 || b->size() != 2) {
    return ctx.fail("A has rank ", a->size(), " and B ", b->size(), ": both must be matrices");
  }
  const bool trans_a = ctx.get_int("transA", 0) != 0;
  const bool trans_b = ctx.get_int("transB", 0) != 0;
  const Dim& left = (*a)[trans_a ? 0 : 1];
  const Dim& right = (*b)[trans_b ? 1 : 0];
  if (left.is_known() && right.is_known() && !(left == right)) {
    return ctx.fail("the inner extents differ: ", left.extent(), " and ", right.extent());
  }
  ctx.set_output(0, ctx.dtype(0), {(*a)[trans_a ? 1 : 0], (*b)[trans_b ? 0 : 1]});
  return {};
}

std::int64_t count_gemm(const CostContext& ctx) {
  if (ctx.input(0).size() != 2) return 0;
  Shape all = ctx.output(0);
  all.push_back(ctx.input(0)[ctx.get_int("transA", 0) != 0 ? 0 : 1]);
  return saturating_count(all);
}

}  // namespace

std::vector<Op> gemm_ops() {
  return {{.name = "Gemm",
           .versions = {{1, "A: T, B: T, C: T -> Y: T | T = floats",
                         "alpha float, beta float, broadcast int, transA int, transB int"},
                        {7, "A: T, B: T, C: T -> Y: T | T = floats int32 int64 uint32 uint64",
                         "alpha float, beta float, transA int, transB int"},
                        {11, "A: T, B: T, C?: T -> Y: T | T = floats int32 int64 uint32 uint64",
                         "alpha float, beta float, transA int, transB int"}},
           .infer = infer_gemm,
           .evaluate = evaluate_gemm,
           .multiply_adds = count_gemm}};
}

}  // namespace slipway
