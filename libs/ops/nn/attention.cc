#include <algorithm>
#include <utility>

#include "kernels/numeric/float_math.h"
#include "kernels/numeric/reduce.h"
#include "ops/cost_context.h"
#include "ops/infer_context.h"
#include "ops/nn/attention_mask.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

enum ScoreOutput : std::int64_t { kRaw = 0, kSoftcapped = 1, kBiased = 2, kProbabilities = 3 };

struct AttentionPlan {
  AttentionShape shape;
  std::int64_t past = 0;
  AttentionMask mask;
  float scale = 0;    // 0: 1 / sqrt(width)
  float softcap = 0;  // 0: none
  bool is_softmax_double = false;
  std::int64_t score_output = kRaw;
};

std::int64_t key_heads(const NodeView& view) { return view.get_int("kv_num_heads", 0); }

// Past keys (or values) and those of the input as [B, H, past + S, D]. A past of shape [0] is none.
Result<Tensor> join_past(const EvalContext& ctx, std::string_view what, const Tensor& past,
                         const Tensor& current, const HeadLayout& layout) {
  const bool is_given = past.shape() != Shape{0};
  const std::int64_t before = past.rank() == 4 ? past.dim(2) : 0;
  if (is_given && past.shape() != Shape{layout.batch, layout.heads, before, layout.width}) {
    return ctx.fail("past_", what, " has shape ", shape_text(past.shape()), ", it must be [",
                    layout.batch, ",", layout.heads, ",past,", layout.width, "]");
  }
  if (before > (std::int64_t{1} << 40) || layout.length > (std::int64_t{1} << 40)) {
    return ctx.fail("past_", what, " has ", before, " rows");
  }
  Tensor joined = TRY(ctx.make(current.dtype(),
                               {layout.batch, layout.heads, before + layout.length, layout.width}));
  if (joined.size() == 0) return joined;
  visit_real(current.dtype(), [&]<typename T>() {
    T* out = joined.mutable_data<T>().data();
    for (std::int64_t head = 0; head < layout.batch * layout.heads; ++head) {
      if (before > 0) {
        const T* from = past.data<T>().data() + head * before * layout.width;
        out = std::copy(from, from + before * layout.width, out);
      }
      const T* from =
          current.data<T>().data() + layout.at(head / layout.heads, head % layout.heads);
      for (std::int64_t row = 0; row < layout.length; ++row) {
        out = std::copy(from + row * layout.row_step, from + row * layout.row_step + layout.width,
                        out);
      }
    }
  });
  return joined;
}

template <typename T>
void softmax(std::span<T> row, bool is_double) {
  if (!is_double) return numeric::softmax_row(row.data(), row.data(), row.size());
  std::vector<double> wide(row.begin(), row.end());
  numeric::softmax_row(wide.data(), wide.data(), wide.size());
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<T>(wide[i]);
}

// One head: scores, softcap, bias, softmax, values. `stage` receives the scores as far as
// qk_matmul_output wants them; null when nobody does.
template <typename T>
void attend(const AttentionPlan& plan, std::int64_t b, std::int64_t h, const T* q, const T* k,
            const T* v, T* y, std::int64_t y_row_step, std::vector<T>& scores, T* stage) {
  const HeadLayout& keys = plan.shape.k;
  const std::size_t count = static_cast<std::size_t>(keys.length);
  const T scale = plan.scale != 0.0F ? static_cast<T>(plan.scale)
                                     : T(1) / numeric::sqrt(static_cast<T>(plan.shape.q.width));
  attention_scores(plan.shape.q, keys, q, k, scale, scores.data());
  const auto keep = [&](ScoreOutput wanted) {
    if (stage != nullptr && plan.score_output == wanted) {
      std::copy(scores.begin(), scores.end(), stage);
    }
  };
  keep(kRaw);
  if (plan.softcap > 0) {
    const T cap = static_cast<T>(plan.softcap);
    for (T& score : scores) score = numeric::tanh(score / cap) * cap;
  }
  keep(kSoftcapped);
  std::vector<T> bias(count);
  std::vector<char> is_open(static_cast<std::size_t>(plan.shape.q.length));
  for (std::size_t i = 0; i < is_open.size(); ++i) {
    is_open[i] = plan.mask.fill_row(b, h, static_cast<std::int64_t>(i), std::span(bias));
    for (std::size_t j = 0; j < count; ++j) scores[i * count + j] += bias[j];
  }
  keep(kBiased);
  for (std::size_t i = 0; i < is_open.size(); ++i) {
    const std::span<T> row = std::span(scores).subspan(i * count, count);
    if (is_open[i] != 0) {
      softmax(row, plan.is_softmax_double);
    } else {
      std::fill(row.begin(), row.end(), T(0));
    }
  }
  keep(kProbabilities);
  attention_values(plan.shape.q, plan.shape.v, scores.data(), v, y, y_row_step);
}

template <typename T>
void attend_all(const AttentionPlan& plan, const Tensor& q, const Tensor& k, const Tensor& v,
                const HeadLayout& y_layout, Tensor& y, Tensor* stages) {
  const std::int64_t score_count = plan.shape.q.length * plan.shape.k.length;
  std::vector<T> scores(static_cast<std::size_t>(score_count));
  for (std::int64_t b = 0; b < plan.shape.q.batch; ++b) {
    for (std::int64_t h = 0; h < plan.shape.q.heads; ++h) {
      const std::int64_t key_head = h / plan.shape.group;
      T* stage = stages == nullptr ? nullptr
                                   : stages->mutable_data<T>().data() +
                                         (b * plan.shape.q.heads + h) * score_count;
      attend<T>(plan, b, h, q.data<T>().data() + plan.shape.q.at(b, h),
                k.data<T>().data() + plan.shape.k.at(b, key_head),
                v.data<T>().data() + plan.shape.v.at(b, key_head),
                y.mutable_data<T>().data() + y_layout.at(b, h), y_layout.row_step, scores, stage);
    }
  }
}

Status read_settings(const EvalContext& ctx, AttentionPlan& plan) {
  plan.scale = ctx.get_float("scale", 0.0F);
  plan.softcap = ctx.get_float("softcap", 0.0F);
  plan.is_softmax_double = ctx.get_int("softmax_precision", 1) == 11;
  plan.score_output = ctx.get_int("qk_matmul_output_mode", 0);
  if (plan.score_output < 0 || plan.score_output > 3) {
    return ctx.fail("qk_matmul_output_mode is ", plan.score_output, ", known are 0 to 3");
  }
  if (ctx.has_input(4) != ctx.has_input(5)) {
    return ctx.fail("past_key and past_value must be given together");
  }
  if (ctx.has_input(4) && ctx.has_input(6)) {
    return ctx.fail("nonpad_kv_seqlen does not go together with past_key");
  }
  return {};
}

Shape output_shape(const AttentionShape& shape, std::size_t rank) {
  if (rank == 4) return {shape.q.batch, shape.q.heads, shape.q.length, shape.v.width};
  return {shape.q.batch, shape.q.length, shape.q.heads * shape.v.width};
}

Status evaluate_attention(EvalContext& ctx) {
  const Tensor q = TRY(widened(ctx, 0));
  const Tensor current_k = TRY(cast(ctx.input(1), q.dtype()));
  const Tensor current_v = TRY(cast(ctx.input(2), q.dtype()));
  const Tensor past_k =
      TRY(cast(ctx.has_input(4) ? ctx.input(4) : Tensor::of<float>({}), q.dtype()));
  const Tensor past_v =
      TRY(cast(ctx.has_input(5) ? ctx.input(5) : Tensor::of<float>({}), q.dtype()));
  AttentionPlan plan;
  TRY(read_settings(ctx, plan));
  plan.shape.q = TRY(head_layout(ctx, "Q", q.shape(), ctx.get_int("q_num_heads", 0)));
  const HeadLayout k_in = TRY(head_layout(ctx, "K", current_k.shape(), key_heads(ctx)));
  const HeadLayout v_in = TRY(head_layout(ctx, "V", current_v.shape(), key_heads(ctx)));
  Tensor k = TRY(join_past(ctx, "key", past_k, current_k, k_in));
  Tensor v = TRY(join_past(ctx, "value", past_v, current_v, v_in));
  plan.past = k.dim(2) - k_in.length;
  plan.shape.k = TRY(head_layout(ctx, "K", k.shape(), 0));
  plan.shape.v = TRY(head_layout(ctx, "V", v.shape(), 0));
  TRY(check_attention(ctx, plan.shape));
  plan.mask = TRY(read_attention_mask(ctx, plan.shape, plan.past, q.dtype()));
  Tensor y = TRY(ctx.make(q.dtype(), output_shape(plan.shape, q.rank())));
  const Shape score_shape = {plan.shape.q.batch, plan.shape.q.heads, plan.shape.q.length,
                             plan.shape.k.length};
  Tensor stages = TRY(ctx.make(q.dtype(), ctx.has_output(3) ? score_shape : Shape{0}));
  TRY(ctx.make(q.dtype(), {plan.shape.q.length, plan.shape.k.length}));  // there is room for a head
  const HeadLayout y_layout = TRY(head_layout(ctx, "Y", y.shape(), plan.shape.q.heads));
  const bool known = visit_real(q.dtype(), [&]<typename T>() {
    if (q.size() == 0) return;
    attend_all<T>(plan, q, k, v, y_layout, y, ctx.has_output(3) ? &stages : nullptr);
  });
  if (!known) return ctx.unsupported("no implementation for ", name(q.dtype()));
  TRY(set_narrowed(ctx, 1, std::move(k), ctx.input(1).dtype()));
  TRY(set_narrowed(ctx, 2, std::move(v), ctx.input(2).dtype()));
  TRY(set_narrowed(ctx, 3, std::move(stages), ctx.input(0).dtype()));
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

Dim add_extents(const Dim& a, const Dim& b) {
  return a.is_known() && b.is_known() ? Dim(a.extent() + b.extent()) : Dim();
}

// The four axes of heads that a query, key or value has.
Dims head_dims(const Dims& dims, std::int64_t heads) {
  if (dims.size() == 4) return dims;
  if (dims.size() != 3 || heads < 1) return Dims(4);
  const Dim width = dims[2].is_known() ? Dim(dims[2].extent() / heads) : Dim();
  return {dims[0], Dim(heads), dims[1], width};
}

Status infer_attention(InferContext& ctx) {
  const DType dtypes[] = {ctx.dtype(0), ctx.dtype(1), ctx.dtype(2), ctx.dtype(0)};
  for (std::size_t i = 0; i < 4; ++i) {
    if (ctx.has_output(i)) ctx.set_output(i, dtypes[i]);
  }
  if (ctx.dims(0) == nullptr || ctx.dims(1) == nullptr || ctx.dims(2) == nullptr) return {};
  const Dims q = head_dims(*ctx.dims(0), ctx.get_int("q_num_heads", 0));
  Dims k = head_dims(*ctx.dims(1), key_heads(ctx));
  Dims v = head_dims(*ctx.dims(2), key_heads(ctx));
  if (ctx.has_input(4)) {
    const Dims* past = ctx.dims(4);
    k[2] = past != nullptr && past->size() == 4 ? add_extents(k[2], (*past)[2]) : Dim();
    v[2] = k[2];
  }
  if (ctx.dims(0)->size() == 4) {
    ctx.set_output(0, dtypes[0], {q[0], q[1], q[2], v[3]});
  } else {
    const bool is_known = q[1].is_known() && v[3].is_known();
    ctx.set_output(0, dtypes[0],
                   {q[0], q[2], is_known ? Dim(q[1].extent() * v[3].extent()) : Dim()});
  }
  if (ctx.has_output(1)) ctx.set_output(1, dtypes[1], k);
  if (ctx.has_output(2)) ctx.set_output(2, dtypes[2], v);
  if (ctx.has_output(3)) ctx.set_output(3, dtypes[3], {q[0], q[1], q[2], k[2]});
  return {};
}

// Scores and values: batch * query heads * queries * keys * (width + value width).
std::int64_t count_attention(const CostContext& ctx) {
  const Shape& q = ctx.input(0);
  const Shape& k = ctx.input(1);
  const Shape& y = ctx.output(0);
  if (q.size() < 3 || k.size() != q.size() || y.size() != q.size()) return 0;
  const std::int64_t keys = k[k.size() - 2] + (ctx.input(4).size() == 4 ? ctx.input(4)[2] : 0);
  const std::int64_t rows = saturating_count(Shape(q.begin(), q.end() - 1));
  return saturating_count({rows, keys, q.back() + y.back()});
}

}  // namespace

std::vector<Op> attention_ops() {
  return {{.name = "Attention",
           .versions =
               {{23,
                 "Q: T1, K: T1, V: T2, attn_mask?: U, past_key?: T1, past_value?: T2 -> Y: T1, "
                 "present_key?: T1, present_value?: T2, qk_matmul_output?: T1 | T1 = floats, "
                 "T2 = floats, U = numeric bool",
                 "is_causal int, kv_num_heads int, q_num_heads int, qk_matmul_output_mode int, "
                 "scale float, softcap float, softmax_precision int"},
                {24,
                 "Q: T1, K: T1, V: T2, attn_mask?: U, past_key?: T1, past_value?: T2, "
                 "nonpad_kv_seqlen?: int64 -> Y: T1, present_key?: T1, present_value?: T2, "
                 "qk_matmul_output?: T1 | T1 = floats, T2 = floats, U = numeric bool",
                 "is_causal int, kv_num_heads int, q_num_heads int, qk_matmul_output_mode int, "
                 "scale float, softcap float, softmax_precision int"},
                {25,
                 "Q: T1, K: T1, V: T2, attn_mask?: U, past_key?: T1, past_value?: T2, "
                 "nonpad_kv_seqlen?: int64 -> Y: T1, present_key?: T1, present_value?: T2, "
                 "qk_matmul_output?: T1 | T1 = floats, T2 = floats, U = numeric bool",
                 "is_causal int, kv_num_heads int, left_window_size int, q_num_heads int, "
                 "qk_matmul_output_mode int, right_window_size int, scale float, softcap float, "
                 "softmax_precision int"}},
           .infer = infer_attention,
           .evaluate = evaluate_attention,
           .multiply_adds = count_attention}};
}

}  // namespace slipway
