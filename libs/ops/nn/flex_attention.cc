#include <utility>

#include "kernels/numeric/float_math.h"
#include "kernels/numeric/reduce.h"
#include "ops/cost_context.h"
#include "ops/infer_context.h"
#include "ops/nn/attention_heads.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

Result<DType> softmax_dtype(const NodeView& view, DType input) {
  const std::int64_t stated = view.get_int("softmax_precision", 0);
  if (stated == 0) return input == DType::kFloat64 ? DType::kFloat64 : DType::kFloat32;
  const std::optional<DType> dtype = dtype_from_number(stated);
  if (!dtype || (*dtype != DType::kFloat32 && *dtype != DType::kFloat64 &&
                 *dtype != DType::kFloat16 && *dtype != DType::kBfloat16)) {
    return view.fail("softmax_precision is ", stated, ": use 1, 10, 11 or 16");
  }
  return *dtype;
}

// Scores or probabilities through the model's subgraph of that name, where there is one: in the
// softmax's type, to the same shape.
Status modify(EvalContext& ctx, std::string_view graph, DType dtype, Tensor& values) {
  const Graph* body = ctx.get_graph(graph);
  if (body == nullptr) return {};
  const Tensor given = TRY(cast(values, dtype));
  const std::vector<Value> outputs = TRY(ctx.run_subgraph(*body, {given}));
  if (outputs.size() != 1 || !outputs[0].is_tensor() || outputs[0].tensor().dtype() != dtype ||
      outputs[0].tensor().shape() != values.shape()) {
    return ctx.fail(graph, " must turn one tensor into one of the same type and shape, ",
                    name(dtype), shape_text(values.shape()));
  }
  values = TRY(cast(outputs[0].tensor(), values.dtype()));
  return {};
}

template <typename T>
void all_scores(const AttentionShape& shape, T scale, const Tensor& q, const Tensor& k,
                Tensor& scores) {
  const std::int64_t count = shape.q.length * shape.k.length;
  for (std::int64_t head = 0; head < shape.q.batch * shape.q.heads; ++head) {
    const std::int64_t b = head / shape.q.heads;
    const std::int64_t h = head % shape.q.heads;
    attention_scores(shape.q, shape.k, q.data<T>().data() + shape.q.at(b, h),
                     k.data<T>().data() + shape.k.at(b, h / shape.group), scale,
                     scores.mutable_data<T>().data() + head * count);
  }
}

template <typename T>
void all_values(const AttentionShape& shape, const Tensor& p, const Tensor& v, Tensor& y) {
  const std::int64_t count = shape.q.length * shape.k.length;
  for (std::int64_t head = 0; head < shape.q.batch * shape.q.heads; ++head) {
    const std::int64_t b = head / shape.q.heads;
    const std::int64_t h = head % shape.q.heads;
    attention_values(shape.q, shape.v, p.data<T>().data() + head * count,
                     v.data<T>().data() + shape.v.at(b, h / shape.group),
                     y.mutable_data<T>().data() + head * shape.q.length * shape.v.width,
                     shape.v.width);
  }
}

Status evaluate_flex_attention(EvalContext& ctx) {
  const DType softmax = TRY(softmax_dtype(ctx, ctx.input(0).dtype()));
  const DType dtype = softmax == DType::kFloat64 || ctx.input(0).dtype() == DType::kFloat64
                          ? DType::kFloat64
                          : DType::kFloat32;
  const Tensor q = TRY(cast(ctx.input(0), dtype));
  const Tensor k = TRY(cast(ctx.input(1), dtype));
  const Tensor v = TRY(cast(ctx.input(2), dtype));
  AttentionShape shape;
  shape.q = TRY(head_layout(ctx, "Q", q.shape(), 0));
  shape.k = TRY(head_layout(ctx, "K", k.shape(), 0));
  shape.v = TRY(head_layout(ctx, "V", v.shape(), 0));
  TRY(check_attention(ctx, shape));
  const float scale = ctx.get_float("scale", 0.0F);
  Tensor scores =
      TRY(ctx.make(dtype, {shape.q.batch, shape.q.heads, shape.q.length, shape.k.length}));
  Tensor y = TRY(ctx.make(dtype, {shape.q.batch, shape.q.heads, shape.q.length, shape.v.width}));
  if (scores.size() == 0 || y.size() == 0)
    return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
  visit_real(dtype, [&]<typename T>() {
    const T factor = ctx.has_attribute("scale")
                         ? static_cast<T>(scale)
                         : T(1) / numeric::sqrt(static_cast<T>(shape.q.width));
    all_scores<T>(shape, factor, q, k, scores);
  });
  TRY(modify(ctx, "score_mod", softmax, scores));
  visit_real(dtype, [&]<typename T>() {
    T* row = scores.mutable_data<T>().data();
    const std::size_t count = static_cast<std::size_t>(shape.k.length);
    for (std::size_t at = 0; at < scores.size(); at += count) {
      numeric::softmax_row(row + at, row + at, count);
    }
  });
  TRY(modify(ctx, "prob_mod", softmax, scores));
  visit_real(dtype, [&]<typename T>() { all_values<T>(shape, scores, v, y); });
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

Status infer_flex_attention(InferContext& ctx) {
  ctx.set_output(0, ctx.dtype(0));
  const Dims* q = ctx.dims(0);
  const Dims* k = ctx.dims(1);
  const Dims* v = ctx.dims(2);
  if (q == nullptr) return {};
  if (q->size() != 4) return ctx.fail("Q has rank ", q->size(), ", it must be 4");
  Dims output = *q;
  output[3] = v != nullptr && v->size() == 4 ? (*v)[3] : Dim();
  ctx.set_output(0, ctx.dtype(0), output);
  const Dim keys = k != nullptr && k->size() == 4 ? (*k)[2] : Dim();
  const Type scores =
      Type::tensor(TRY(softmax_dtype(ctx, ctx.dtype(0))), Dims{(*q)[0], (*q)[1], (*q)[2], keys});
  for (const char* graph : {"score_mod", "prob_mod"}) {
    if (const Graph* body = ctx.get_graph(graph)) TRY(ctx.infer_subgraph(*body, {scores}));
  }
  return {};
}

std::int64_t count_flex_attention(const CostContext& ctx) {
  if (ctx.input(0).size() != 4 || ctx.input(1).size() != 4 || ctx.output(0).size() != 4) return 0;
  const Shape& q = ctx.input(0);
  return saturating_count({q[0], q[1], q[2], ctx.input(1)[2], q[3] + ctx.output(0)[3]});
}

}  // namespace

std::vector<Op> flex_attention_ops() {
  return {{.name = "FlexAttention",
           .domain = kPreview,
           .versions = {{1, "Q: T1, K: T1, V: T1 -> Y: T1 | T1 = floats",
                         "prob_mod graph, scale float, score_mod graph, softmax_precision int"}},
           .infer = infer_flex_attention,
           .evaluate = evaluate_flex_attention,
           .multiply_adds = count_flex_attention}};
}

}  // namespace slipway
