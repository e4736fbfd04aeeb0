// InstanceNormalization and GroupNormalization: each image's channels, alone or in groups.
#include <utility>

#include "kernels/numeric/reduce.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

// Scale and bias: one pair for each channel, or for each group.
struct GroupPlan {
  std::size_t rows = 0;  // batch * groups
  std::size_t groups = 0;
  std::size_t group_channels = 1;
  std::size_t inner = 0;  // elements of a channel
  bool is_per_group = false;

  std::size_t parameters() const { return is_per_group ? groups : groups * group_channels; }
};

Result<GroupPlan> plan_groups(const EvalContext& ctx, std::int64_t groups) {
  const Tensor& x = ctx.input(0);
  if (x.rank() < 2) {
    return ctx.fail("the input has shape ", shape_text(x.shape()), "; it must be [N, C, ...]");
  }
  if (groups < 1 || x.dim(1) % groups != 0) {
    return ctx.fail("num_groups is ", groups, "; it must divide the ", x.dim(1), " channels");
  }
  GroupPlan plan;
  plan.groups = static_cast<std::size_t>(groups);
  plan.group_channels = static_cast<std::size_t>(x.dim(1) / groups);
  if (x.size() == 0) return plan;
  plan.rows = static_cast<std::size_t>(x.dim(0)) * plan.groups;
  plan.inner = x.size() / plan.rows / plan.group_channels;
  return plan;
}

template <typename T>
void normalize(const GroupPlan& plan, float epsilon, const Tensor& x, const Tensor& scale,
               const Tensor& bias, Tensor& y) {
  const std::size_t length = plan.group_channels * plan.inner;
  for (std::size_t row = 0; row < plan.rows; ++row) {
    const T* from = x.data<T>().data() + row * length;
    T* to = y.mutable_data<T>().data() + row * length;
    const numeric::Moments<T> moments = numeric::moments(from, length);
    const T inverse = numeric::inverse_root(moments.variance, static_cast<T>(epsilon));
    for (std::size_t c = 0; c < plan.group_channels; ++c) {
      const std::size_t group = row % plan.groups;
      const std::size_t at = plan.is_per_group ? group : group * plan.group_channels + c;
      numeric::normalize_row(from + c * plan.inner, to + c * plan.inner, plan.inner, 1,
                             moments.mean, inverse,
                             {scale.data<T>().data() + at, bias.data<T>().data() + at, 0});
    }
  }
}

Status evaluate(EvalContext& ctx, const GroupPlan& plan) {
  const Tensor x = TRY(widened(ctx, 0));
  const Tensor scale = TRY(widened(ctx, 1));
  const Tensor bias = TRY(widened(ctx, 2));
  if (x.size() != 0 && (scale.size() != plan.parameters() || bias.size() != plan.parameters())) {
    return ctx.fail("scale has shape ", shape_text(scale.shape()), " and bias ",
                    shape_text(bias.shape()), "; both need ", plan.parameters(), " elements");
  }
  Tensor y = TRY(ctx.make(x.dtype(), x.shape()));
  const float epsilon = ctx.get_float("epsilon", 1e-5F);
  const bool known =
      visit_real(x.dtype(), [&]<typename T>() { normalize<T>(plan, epsilon, x, scale, bias, y); });
  if (!known) return ctx.unsupported("no implementation for ", name(x.dtype()));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

Status evaluate_instance_normalization(EvalContext& ctx) {
  const Tensor& x = ctx.input(0);
  const std::int64_t channels = x.rank() < 2 ? 1 : std::max<std::int64_t>(x.dim(1), 1);
  return evaluate(ctx, TRY(plan_groups(ctx, channels)));
}

Status evaluate_group_normalization(EvalContext& ctx) {
  GroupPlan plan = TRY(plan_groups(ctx, ctx.get_int("num_groups", 0)));
  plan.is_per_group = ctx.version() < 21;
  return evaluate(ctx, plan);
}

}  // namespace

std::vector<Op> instance_normalization_ops() {
  return {
      {.name = "InstanceNormalization",
       .versions = {{1, "input: T, scale: T, B: T -> output: T | T = floats",
                     "consumed_inputs ints, epsilon float"},
                    {6, "input: T, scale: T, B: T -> output: T | T = floats", "epsilon float"}},
       .infer = infer_same_as_first,
       .evaluate = evaluate_instance_normalization},
      {.name = "GroupNormalization",
       .versions = {{18, "X: T, scale: T, bias: T -> Y: T | T = floats",
                     "epsilon float, num_groups int!"},
                    {21, "X: T, scale: T, bias: T -> Y: T | T = floats",
                     "epsilon float, num_groups int!, stash_type int"}},
       .infer = infer_same_as_first,
       .evaluate = evaluate_group_normalization},
  };
}

}  // namespace slipway
