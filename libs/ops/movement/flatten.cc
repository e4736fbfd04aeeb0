#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/dims.h"

namespace slipway {
namespace {

// Flatten allows the axis to be the rank itself: everything goes to the first dimension.
Result<std::size_t> split_point(const NodeView& view, std::size_t rank) {
  const std::int64_t axis = view.get_int("axis", 1);
  if (axis == static_cast<std::int64_t>(rank)) return rank;
  return normalize_axis(view, axis, rank);
}

Status infer_flatten(InferContext& ctx) {
  Dims out(2);
  if (const Dims* dims = ctx.dims(0)) {
    const auto split = static_cast<std::ptrdiff_t>(TRY(split_point(ctx, dims->size())));
    out[0] = product(Dims(dims->begin(), dims->begin() + split));
    out[1] = product(Dims(dims->begin() + split, dims->end()));
  }
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

Status evaluate_flatten(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const auto split = static_cast<std::ptrdiff_t>(TRY(split_point(ctx, data.rank())));
  const auto begin = data.shape().begin();
  const Result<std::size_t> rows = element_count(Shape(begin, begin + split));
  const Result<std::size_t> columns = element_count(Shape(begin + split, data.shape().end()));
  if (!rows.ok() || !columns.ok()) {
    return ctx.fail("cannot flatten ", shape_text(data.shape()), ": 64 bits cannot count it");
  }
  ctx.set_output(
      0,
      TRY(data.reshaped({static_cast<std::int64_t>(*rows), static_cast<std::int64_t>(*columns)})));
  return {};
}

}  // namespace

std::vector<Op> flatten_ops() {
  return {{.name = "Flatten",
           .versions = {{1, "input: T -> output: T | T = any", "axis int"}},
           .infer = infer_flatten,
           .evaluate = evaluate_flatten}};
}

}  // namespace slipway
