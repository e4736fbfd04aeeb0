#include <utility>

#include "ops/infer_context.h"
#include "ops/nn/attention_heads.h"
#include "ops/op.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

struct RotaryPlan {
  HeadLayout heads;
  std::int64_t rotated = 0;  // leading elements of a head that turn
  bool is_interleaved = false;
  std::vector<std::int64_t> positions;  // row of the caches for each (batch item, step)
};

Result<RotaryPlan> plan_rotary(const EvalContext& ctx) {
  RotaryPlan plan;
  plan.heads = TRY(head_layout(ctx, "X", ctx.input(0).shape(), ctx.get_int("num_heads", 0)));
  plan.rotated = ctx.get_int("rotary_embedding_dim", 0);
  if (plan.rotated == 0) plan.rotated = plan.heads.width;
  if (plan.rotated < 0 || plan.rotated > plan.heads.width || plan.rotated % 2 != 0) {
    return ctx.fail("rotary_embedding_dim is ", plan.rotated, "; a head has ", plan.heads.width,
                    " elements, of which an even number can turn");
  }
  plan.is_interleaved = ctx.get_int("interleaved", 0) != 0;
  const Shape& cache = ctx.input(1).shape();
  const bool has_positions = ctx.has_input(3);
  if (ctx.input(2).shape() != cache || cache.size() != (has_positions ? 2U : 3U) ||
      cache.back() != plan.rotated / 2) {
    return ctx.fail("cos_cache has shape ", shape_text(cache), " and sin_cache ",
                    shape_text(ctx.input(2).shape()), "; both must be [",
                    has_positions ? "positions" : "batch,length", ",", plan.rotated / 2, "]");
  }
  if (ctx.input(0).size() == 0) return plan;
  const std::int64_t rows = plan.heads.batch * plan.heads.length;
  const std::int64_t cached = has_positions ? cache[0] : cache[0] * cache[1];
  if (!has_positions) {
    if (cache[0] != plan.heads.batch || cache[1] != plan.heads.length) {
      return ctx.fail("cos_cache has shape ", shape_text(cache), "; the input has ",
                      plan.heads.batch, " sequences of ", plan.heads.length);
    }
    for (std::int64_t row = 0; row < rows; ++row) plan.positions.push_back(row);
    return plan;
  }
  plan.positions = TRY(ctx.ints(3));
  if (static_cast<std::int64_t>(plan.positions.size()) != rows) {
    return ctx.fail("position_ids has shape ", shape_text(ctx.input(3).shape()), "; it must be [",
                    plan.heads.batch, ",", plan.heads.length, "]");
  }
  for (const std::int64_t position : plan.positions) {
    if (position < 0 || position >= cached) {
      return ctx.fail("position_ids holds ", position, ", the caches have ", cached, " rows");
    }
  }
  return plan;
}

// (a, b) becomes (cos a - sin b, sin a + cos b): halves of the head, or neighbours where
// interleaved.
template <typename T>
void rotate(const RotaryPlan& plan, const T* cos, const T* sin, T* head) {
  const std::int64_t half = plan.rotated / 2;
  for (std::int64_t i = 0; i < half; ++i) {
    T& first = head[plan.is_interleaved ? 2 * i : i];
    T& second = head[plan.is_interleaved ? 2 * i + 1 : i + half];
    const T a = first;
    const T b = second;
    first = cos[i] * a - sin[i] * b;
    second = sin[i] * a + cos[i] * b;
  }
}

Status evaluate_rotary_embedding(EvalContext& ctx) {
  Tensor y = TRY(widened(ctx, 0));
  const Tensor cos = TRY(widened(ctx, 1));
  const Tensor sin = TRY(widened(ctx, 2));
  const RotaryPlan plan = TRY(plan_rotary(ctx));
  const HeadLayout& heads = plan.heads;
  visit_real(y.dtype(), [&]<typename T>() {
    if (y.size() == 0) return;
    T* const data = y.mutable_data<T>().data();
    for (std::int64_t b = 0; b < heads.batch; ++b) {
      for (std::int64_t t = 0; t < heads.length; ++t) {
        const std::int64_t row = plan.positions[static_cast<std::size_t>(b * heads.length + t)];
        const std::int64_t at = row * (plan.rotated / 2);
        for (std::int64_t h = 0; h < heads.heads; ++h) {
          rotate(plan, cos.data<T>().data() + at, sin.data<T>().data() + at,
                 data + heads.at(b, h) + t * heads.row_step);
        }
      }
    }
  });
  return set_narrowed(ctx, 0, std::move(y), ctx.input(0).dtype());
}

}  // namespace

std::vector<Op> rotary_embedding_ops() {
  return {{.name = "RotaryEmbedding",
           .versions = {{23,
                         "X: T, cos_cache: T, sin_cache: T, position_ids?: M -> Y: T | "
                         "T = float float16 bfloat16, M = int64",
                         "interleaved int, num_heads int, rotary_embedding_dim int"}},
           .infer = infer_same_as_first,
           .evaluate = evaluate_rotary_embedding}};
}

}  // namespace slipway
