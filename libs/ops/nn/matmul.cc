#include "ops/nn/matmul.h"

#include <utility>

#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {

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

Status infer_product(InferContext& ctx, std::size_t left_input, std::size_t right_input,
                     DType dtype) {
  ctx.set_output(0, dtype);
  if (ctx.dims(left_input) == nullptr || ctx.dims(right_input) == nullptr) return {};
  Dims a = *ctx.dims(left_input);
  Dims b = *ctx.dims(right_input);
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
  ctx.set_output(0, dtype, *std::move(batch));
  return {};
}

std::int64_t count_product(const CostContext& ctx) {
  Shape all = ctx.output(0);
  all.push_back(ctx.input(0).empty() ? 1 : ctx.input(0).back());
  return saturating_count(all);
}

namespace {

Status evaluate_matmul(EvalContext& ctx) {
  const Tensor a = TRY(widened(ctx, 0));
  const Tensor b = TRY(widened(ctx, 1));
  const MatMulPlan plan = TRY(plan_matmul(ctx, a.shape(), b.shape()));
  Tensor y = TRY(ctx.make(a.dtype(), plan.output));
  if (y.size() != 0) {
    const bool known =
        visit_compute(a.dtype(), [&]<typename T>() { multiply_matrices<T>(plan, a, b, y); });
    if (!known) return ctx.unsupported("no implementation for ", name(a.dtype()));
  }
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

Status infer_matmul(InferContext& ctx) { return infer_product(ctx, 0, 1, ctx.dtype(0)); }

}  // namespace

std::vector<Op> matmul_ops() {
  return {{.name = "MatMul",
           .versions = {{1, "A: T, B: T -> Y: T | T = floats int32 int64 uint32 uint64", ""}},
           .infer = infer_matmul,
           .evaluate = evaluate_matmul,
           .multiply_adds = count_product}};
}

}  // namespace slipway
