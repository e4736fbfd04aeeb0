#include <algorithm>
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

// The shapes of a product after NumPy's rule for vectors: a vector on the left is one row, on the
// right one column, and the axis so added is taken out of the result again.
struct MatMulPlan {
  Shape batch_a, batch_b;  // leading axes
  std::int64_t m = 0, n = 0, k = 0;
  BroadcastLoop batches;
  Shape output;
};

Result<MatMulPlan> plan_matmul(const NodeView& view, Shape a, Shape b) {
  if (a.empty() || b.empty()) return view.fail("a factor is a scalar: use Mul for that");
  const bool is_row = a.size() == 1;
  const bool is_column = b.size() == 1;
  if (is_row) a.insert(a.begin(), 1);
  if (is_column) b.push_back(1);
  MatMulPlan plan;
  plan.m = a[a.size() - 2];
  plan.k = a.back();
  plan.n = b.back();
  if (b[b.size() - 2] != plan.k) {
    return view.fail("A has shape ", shape_text(a), " and B ", shape_text(b),
                     ": the last axis of A and ", "the one before the last of B must be equal");
  }
  plan.batch_a = Shape(a.begin(), a.end() - 2);
  plan.batch_b = Shape(b.begin(), b.end() - 2);
  Result<BroadcastLoop> batches = plan_broadcast(std::vector<Shape>{plan.batch_a, plan.batch_b});
  if (!batches.ok())
    return view.fail("the leading axes do not broadcast: ", batches.error().message);
  plan.batches = *std::move(batches);
  plan.output = plan.batches.shape;
  if (!is_row) plan.output.push_back(plan.m);
  if (!is_column) plan.output.push_back(plan.n);
  return plan;
}

template <typename T>
void multiply(const MatMulPlan& plan, const Tensor& a, const Tensor& b, Tensor& y) {
  const std::size_t m = static_cast<std::size_t>(plan.m);
  const std::size_t n = static_cast<std::size_t>(plan.n);
  const std::size_t k = static_cast<std::size_t>(plan.k);
  const T* const a_data = a.data<T>().data();
  const T* const b_data = b.data<T>().data();
  T* const y_data = y.mutable_data<T>().data();
  for_each_run<2>(plan.batches,
                  [&](std::size_t out, const auto& offsets, const auto& steps, std::size_t count) {
                    for (std::size_t i = 0; i < count; ++i) {
                      const T* left = a_data + (offsets[0] + i * steps[0]) * m * k;
                      const T* right = b_data + (offsets[1] + i * steps[1]) * k * n;
                      numeric::gemm(m, n, k, {left, plan.k, 1}, {right, plan.n, 1},
                                    numeric::Matrix<T>{y_data + (out + i) * m * n, plan.n, 1});
                    }
                  });
}

Status evaluate_matmul(EvalContext& ctx) {
  const Tensor a = TRY(widened(ctx, 0));
  const Tensor b = TRY(widened(ctx, 1));
  const MatMulPlan plan = TRY(plan_matmul(ctx, a.shape(), b.shape()));
  Tensor y = TRY(ctx.make(a.dtype(), plan.output));
  if (y.size() != 0) {
    const bool known = visit_compute(a.dtype(), [&]<typename T>() { multiply<T>(plan, a, b, y); });
    if (!known) return ctx.unsupported("no implementation for ", name(a.dtype()));
  }
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

Status infer_matmul(InferContext& ctx) {
  ctx.set_output(0, ctx.dtype(0));
  if (ctx.dims(0) == nullptr || ctx.dims(1) == nullptr) return {};
  Dims a = *ctx.dims(0);
  Dims b = *ctx.dims(1);
  if (a.empty() || b.empty()) return ctx.fail("a factor is a scalar: use Mul for that");
  const bool is_row = a.size() == 1;
  const bool is_column = b.size() == 1;
  if (is_row) a.insert(a.begin(), Dim(1));
  if (is_column) b.push_back(Dim(1));
  const Dim& left = a.back();
  const Dim& right = b[b.size() - 2];
  if (left.is_known() && right.is_known() && !(left == right)) {
    return ctx.fail("A has ", left.extent(), " columns and B ", right.extent(),
                    " rows: they must be equal");
  }
  const Dims batch_a(a.begin(), a.end() - 2);
  const Dims batch_b(b.begin(), b.end() - 2);
  Result<Dims> batch = broadcast(batch_a, batch_b);
  if (!batch.ok()) return ctx.fail("the leading axes do not broadcast: ", batch.error().message);
  if (!is_row) batch->push_back(a[a.size() - 2]);
  if (!is_column) batch->push_back(b.back());
  ctx.set_output(0, ctx.dtype(0), *std::move(batch));
  return {};
}

std::int64_t count_matmul(const CostContext& ctx) {
  Shape all = ctx.output(0);
  all.push_back(ctx.input(0).empty() ? 1 : ctx.input(0).back());
  return saturating_count(all);
}

}  // namespace

std::vector<Op> matmul_ops() {
  return {{.name = "MatMul",
           .versions = {{1, "A: T, B: T -> Y: T | T = floats int32 int64 uint32 uint64", ""}},
           .infer = infer_matmul,
           .evaluate = evaluate_matmul,
           .multiply_adds = count_matmul}};
}

}  // namespace slipway
