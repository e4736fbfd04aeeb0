#include <utility>

#include "kernels/numeric/dot.h"
#include "kernels/numeric/float_math.h"
#include "ops/cost_context.h"
#include "ops/infer_context.h"
#include "ops/nn/attention_heads.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

struct LinearPlan {
  HeadLayout q, k, v;
  std::int64_t group = 1;  // query heads that share a state
  bool has_decay = false;
  bool has_delta = false;
  std::int64_t decay_width = 0;  // elements of decay a head: 1, or one for each key element
  std::int64_t beta_heads = 0;   // 1, or one for each key head
  float scale = 0;               // 0: 1 / sqrt(key width)
};

Status read_rule(const EvalContext& ctx, LinearPlan& plan) {
  const std::string rule = ctx.get_string("update_rule", "gated_delta");
  plan.has_decay = rule == "gated" || rule == "gated_delta";
  plan.has_delta = rule == "delta" || rule == "gated_delta";
  if (!plan.has_decay && !plan.has_delta && rule != "linear") {
    return ctx.fail("update_rule is '", rule, "': use linear, gated, delta or gated_delta");
  }
  if (plan.has_decay != ctx.has_input(4) || plan.has_delta != ctx.has_input(5)) {
    return ctx.fail("update_rule '", rule, "' ", plan.has_decay ? "needs" : "takes no",
                    " decay and ", plan.has_delta ? "needs" : "takes no", " beta");
  }
  return {};
}

Result<LinearPlan> plan_linear(const EvalContext& ctx) {
  LinearPlan plan;
  const std::int64_t key_heads = ctx.get_int("kv_num_heads", 0);
  for (std::size_t i = 0; i < 3; ++i) {
    if (ctx.input(i).rank() != 3) {
      return ctx.fail("input ", i, " has shape ", shape_text(ctx.input(i).shape()),
                      "; it must be [batch, length, heads * width]");
    }
  }
  plan.q = TRY(head_layout(ctx, "query", ctx.input(0).shape(), ctx.get_int("q_num_heads", 0)));
  plan.k = TRY(head_layout(ctx, "key", ctx.input(1).shape(), key_heads));
  plan.v = TRY(head_layout(ctx, "value", ctx.input(2).shape(), key_heads));
  AttentionShape shape{plan.q, plan.k, plan.v};
  TRY(check_attention(ctx, shape));
  plan.group = shape.group;
  if (plan.q.length != plan.k.length) {
    return ctx.fail("query has ", plan.q.length, " steps, key ", plan.k.length);
  }
  TRY(read_rule(ctx, plan));
  plan.scale = ctx.get_float("scale", 0.0F);
  const Shape state = {plan.k.batch, plan.k.heads, plan.k.width, plan.v.width};
  if (ctx.has_input(3) && ctx.input(3).shape() != state) {
    return ctx.fail("past_state has shape ", shape_text(ctx.input(3).shape()), ", it must be ",
                    shape_text(state));
  }
  const auto row = [&](std::size_t i) -> Result<std::int64_t> {
    const Shape& given = ctx.input(i).shape();
    if (given.size() != 3 || given[0] != plan.k.batch || given[1] != plan.k.length) {
      return ctx.fail("input ", i, " has shape ", shape_text(given), "; it must be [", plan.k.batch,
                      ",", plan.k.length, ",...]");
    }
    return given[2];
  };
  if (plan.has_decay) {
    const std::int64_t elements = TRY(row(4));
    plan.decay_width = elements / plan.k.heads;
    if (elements % plan.k.heads != 0 ||
        (plan.decay_width != 1 && plan.decay_width != plan.k.width)) {
      return ctx.fail("decay has rows of ", elements, " elements; ", plan.k.heads, " or ",
                      plan.k.heads * plan.k.width, " are needed");
    }
  }
  if (plan.has_delta) {
    plan.beta_heads = TRY(row(5));
    if (plan.beta_heads != 1 && plan.beta_heads != plan.k.heads) {
      return ctx.fail("beta has rows of ", plan.beta_heads, " elements; 1 or ", plan.k.heads,
                      " are needed");
    }
  }
  return plan;
}

// y[n] = x[m] * s[m, n], one chain.
template <typename T>
void times_state(const LinearPlan& plan, const T* x, const T* state, T* y) {
  const std::int64_t width = plan.v.width;
  numeric::gemm_in_chains(
      1, static_cast<std::size_t>(width), static_cast<std::size_t>(plan.k.width), 1,
      numeric::Matrix<const T>{x, 0, 1}, numeric::Matrix<const T>{state, width, 1},
      numeric::Matrix<T>{y, width, 1});
}

// One step of one state, each operation rounded: S = exp(decay) S, v' = beta (v - k S) where the
// rule corrects, S = S + k v'.
template <typename T>
void update_state(const LinearPlan& plan, const T* k, const T* v, const T* decay, const T* beta,
                  std::vector<T>& written, T* state) {
  const std::int64_t width = plan.v.width;
  for (std::int64_t i = 0; decay != nullptr && i < plan.k.width; ++i) {
    const T factor = numeric::exp(decay[plan.decay_width == 1 ? 0 : i]);
    for (std::int64_t j = 0; j < width; ++j) state[i * width + j] *= factor;
  }
  if (beta != nullptr) {
    times_state(plan, k, state, written.data());
    for (std::int64_t j = 0; j < width; ++j) {
      T& element = written[static_cast<std::size_t>(j)];
      element = *beta * (v[j] - element);
    }
  } else {
    std::copy(v, v + width, written.begin());
  }
  for (std::int64_t i = 0; i < plan.k.width; ++i) {
    for (std::int64_t j = 0; j < width; ++j) {
      state[i * width + j] += k[i] * written[static_cast<std::size_t>(j)];
    }
  }
}

template <typename T>
void attend(const LinearPlan& plan, const Tensor (&inputs)[6], Tensor& state, Tensor& y) {
  const T scale = plan.scale != 0.0F ? static_cast<T>(plan.scale)
                                     : T(1) / numeric::sqrt(static_cast<T>(plan.k.width));
  const auto part = [&](std::size_t i, std::int64_t at) { return inputs[i].data<T>().data() + at; };
  std::vector<T> written(static_cast<std::size_t>(plan.v.width));
  const std::int64_t y_row = plan.q.heads * plan.v.width;
  for (std::int64_t head = 0; head < plan.k.batch * plan.k.heads; ++head) {
    const std::int64_t b = head / plan.k.heads;
    const std::int64_t h = head % plan.k.heads;
    T* s = state.mutable_data<T>().data() + head * plan.k.width * plan.v.width;
    for (std::int64_t t = 0; t < plan.k.length; ++t) {
      const std::int64_t step = b * plan.k.length + t;
      update_state<T>(
          plan, part(1, plan.k.at(b, h) + t * plan.k.row_step),
          part(2, plan.v.at(b, h) + t * plan.v.row_step),
          plan.has_decay ? part(4, (step * plan.k.heads + h) * plan.decay_width) : nullptr,
          plan.has_delta ? part(5, step * plan.beta_heads + (plan.beta_heads == 1 ? 0 : h))
                         : nullptr,
          written, s);
      for (std::int64_t g = h * plan.group; g < (h + 1) * plan.group; ++g) {
        T* out = y.mutable_data<T>().data() + step * y_row + g * plan.v.width;
        times_state(plan, part(0, plan.q.at(b, g) + t * plan.q.row_step), s, out);
        for (std::int64_t j = 0; j < plan.v.width; ++j) out[j] *= scale;
      }
    }
  }
}

Status evaluate_linear_attention(EvalContext& ctx) {
  const LinearPlan plan = TRY(plan_linear(ctx));
  Tensor inputs[6];
  for (std::size_t i = 0; i < 6; ++i) {
    if (ctx.has_input(i)) inputs[i] = TRY(cast(ctx.input(i), DType::kFloat32));
  }
  const Shape state_shape = {plan.k.batch, plan.k.heads, plan.k.width, plan.v.width};
  Tensor state = ctx.has_input(3) ? inputs[3] : TRY(ctx.make(DType::kFloat32, state_shape));
  Tensor y =
      TRY(ctx.make(DType::kFloat32, {plan.q.batch, plan.q.length, plan.q.heads * plan.v.width}));
  if (y.size() != 0) attend<float>(plan, inputs, state, y);
  const DType dtype = ctx.input(0).dtype();
  TRY(set_narrowed(ctx, 1, std::move(state), ctx.has_input(3) ? ctx.input(3).dtype() : dtype));
  return set_narrowed(ctx, 0, std::move(y), dtype);
}

Status infer_linear_attention(InferContext& ctx) {
  const std::int64_t q_heads = ctx.get_int("q_num_heads", 0);
  const std::int64_t heads = ctx.get_int("kv_num_heads", 0);
  if (heads < 1 || q_heads < 1 || q_heads % heads != 0) {
    return ctx.fail("q_num_heads is ", q_heads, ", it must be a multiple of kv_num_heads, ", heads);
  }
  const Dims* q = ctx.dims(0);
  const Dims* v = ctx.dims(2);
  Dims output(3);
  Dims state = {Dim(), Dim(heads), Dim(), Dim()};
  if (q != nullptr && q->size() == 3) {
    output = {(*q)[0], (*q)[1], Dim()};
    state[0] = (*q)[0];
    if ((*q)[2].is_known()) state[2] = Dim((*q)[2].extent() / q_heads);
  }
  if (v != nullptr && v->size() == 3 && (*v)[2].is_known()) {
    state[3] = Dim((*v)[2].extent() / heads);
    output[2] = Dim(state[3].extent() * q_heads);
  }
  ctx.set_output(0, ctx.dtype(0), std::move(output));
  ctx.set_output(1, ctx.has_input(3) ? ctx.dtype(3) : ctx.dtype(0), std::move(state));
  return {};
}

// Each step reads, corrects and writes states of key width * value width.
std::int64_t count_linear_attention(const CostContext& ctx) {
  const Shape& state = ctx.output(1);
  if (ctx.input(0).size() != 3 || state.size() != 4) return 0;
  return saturating_count({ctx.input(0)[0], ctx.input(0)[1], state[1], state[2], state[3], 3});
}

}  // namespace

std::vector<Op> linear_attention_ops() {
  return {{.name = "LinearAttention",
           .versions = {{27,
                         "query: T, key: T, value: T, past_state?: S, decay?: T, beta?: T -> "
                         "output: T, present_state: S | T = float float16 bfloat16, "
                         "S = float float16 bfloat16",
                         "chunk_size int, kv_num_heads int!, q_num_heads int!, scale float, "
                         "update_rule string"}},
           .infer = infer_linear_attention,
           .evaluate = evaluate_linear_attention,
           .multiply_adds = count_linear_attention}};
}

}  // namespace slipway
