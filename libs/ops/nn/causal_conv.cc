#include <algorithm>
#include <utility>

#include "kernels/numeric/dot.h"
#include "kernels/numeric/float_math.h"
#include "ops/cost_context.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

struct CausalPlan {
  std::int64_t batch = 0, channels = 0, length = 0, kernel = 0;
  bool has_silu = false;
};

Result<CausalPlan> plan_causal(const EvalContext& ctx) {
  const Shape& x = ctx.input(0).shape();
  const Shape& w = ctx.input(1).shape();
  if (x.size() != 3 || w.size() != 3 || w[0] != x[1] || w[1] != 1 || w[2] < 1) {
    return ctx.fail("the input has shape ", shape_text(x), " and the weights ", shape_text(w),
                    ": they must be [batch, channels, length] and [channels, 1, kernel]");
  }
  CausalPlan plan{x[0], x[1], x[2], w[2]};
  if (ctx.has_input(2) && ctx.input(2).shape() != Shape{plan.channels}) {
    return ctx.fail("the bias has shape ", shape_text(ctx.input(2).shape()), ", it must be [",
                    plan.channels, "]");
  }
  if (ctx.has_input(3) &&
      ctx.input(3).shape() != Shape{plan.batch, plan.channels, plan.kernel - 1}) {
    return ctx.fail("past_state has shape ", shape_text(ctx.input(3).shape()), ", it must be [",
                    plan.batch, ",", plan.channels, ",", plan.kernel - 1, "]");
  }
  const std::string activation = ctx.get_string("activation", "none");
  plan.has_silu = activation == "silu" || activation == "swish";
  if (!plan.has_silu && activation != "none" && !activation.empty()) {
    return ctx.fail("activation is '", activation, "': use silu, swish or none");
  }
  return plan;
}

// One channel: `line` holds the state and the input behind it. Taps in kernel order from +0, then
// the bias, then x * sigmoid(x); taps before the first state element are padding and left out.
template <typename T>
void convolve_channel(const CausalPlan& plan, const std::vector<T>& line, std::int64_t padding,
                      const T* weights, const T* bias, T* out) {
  std::fill(out, out + plan.length, T(0));
  for (std::int64_t k = 0; k < plan.kernel; ++k) {
    const std::int64_t first = std::clamp<std::int64_t>(padding - k, 0, plan.length);
    numeric::multiply_add(weights[k], line.data() + first + k, 1, out + first,
                          static_cast<std::size_t>(plan.length - first));
  }
  for (std::int64_t t = 0; t < plan.length; ++t) {
    if (bias != nullptr) out[t] += *bias;
    if (plan.has_silu) out[t] *= numeric::sigmoid(out[t]);
  }
}

template <typename T>
void convolve(const CausalPlan& plan, const Tensor& x, const Tensor& w, const T* bias,
              const T* past, Tensor& y, Tensor& state) {
  const std::int64_t kept = plan.kernel - 1;
  std::vector<T> line(static_cast<std::size_t>(kept + plan.length));
  for (std::int64_t row = 0; row < plan.batch * plan.channels; ++row) {
    const std::int64_t c = row % plan.channels;
    const T* in = x.data<T>().data() + row * plan.length;
    if (past != nullptr) std::copy_n(past + row * kept, kept, line.begin());
    std::copy_n(in, plan.length, line.begin() + kept);
    convolve_channel(plan, line, past == nullptr ? kept : 0, w.data<T>().data() + c * plan.kernel,
                     bias == nullptr ? nullptr : bias + c,
                     y.mutable_data<T>().data() + row * plan.length);
    if (kept > 0) {
      std::copy(line.end() - kept, line.end(), state.mutable_data<T>().begin() + row * kept);
    }
  }
}

Status evaluate_causal_conv(EvalContext& ctx) {
  const Tensor x = TRY(widened(ctx, 0));
  const Tensor w = TRY(widened(ctx, 1));
  const Tensor bias = TRY(widened(ctx, 2));
  const Tensor past = TRY(widened(ctx, 3));
  const CausalPlan plan = TRY(plan_causal(ctx));
  Tensor y = TRY(ctx.make(x.dtype(), x.shape()));
  Tensor state = TRY(ctx.make(x.dtype(), {plan.batch, plan.channels, plan.kernel - 1}));
  visit_real(x.dtype(), [&]<typename T>() {
    if (plan.batch == 0 || plan.channels == 0) return;
    convolve<T>(plan, x, w, ctx.has_input(2) ? bias.data<T>().data() : nullptr,
                ctx.has_input(3) ? past.data<T>().data() : nullptr, y, state);
  });
  const DType dtype = ctx.input(0).dtype();
  TRY(set_narrowed(ctx, 1, std::move(state), dtype));
  return set_narrowed(ctx, 0, std::move(y), dtype);
}

Status infer_causal_conv(InferContext& ctx) {
  ctx.copy_type(0, 0);
  const Dims* x = ctx.dims(0);
  const Dims* w = ctx.dims(1);
  Dims state(3);
  if (x != nullptr && x->size() == 3) state = {(*x)[0], (*x)[1], Dim()};
  if (w != nullptr && w->size() == 3 && (*w)[2].is_known() && (*w)[2].extent() > 0) {
    state[2] = Dim((*w)[2].extent() - 1);
  }
  ctx.set_output(1, ctx.dtype(0), std::move(state));
  return {};
}

std::int64_t count_causal_conv(const CostContext& ctx) {
  Shape all = ctx.output(0);
  if (!ctx.input(1).empty()) all.push_back(ctx.input(1).back());
  return saturating_count(all);
}

}  // namespace

std::vector<Op> causal_conv_ops() {
  return {{.name = "CausalConvWithState",
           .versions = {{27,
                         "input: T, weight: T, bias?: T, past_state?: T -> output: T, "
                         "present_state: T | T = float float16 bfloat16",
                         "activation string"}},
           .infer = infer_causal_conv,
           .evaluate = evaluate_causal_conv,
           .multiply_adds = count_causal_conv}};
}

}  // namespace slipway
