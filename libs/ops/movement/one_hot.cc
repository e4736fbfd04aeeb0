#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/copy.h"
#include "ops/support/dims.h"
#include "ops/support/index.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

Status infer_one_hot(InferContext& ctx) {
  const Dims* indices = ctx.dims(0);
  ctx.set_output(0, ctx.dtype(2));
  if (indices == nullptr) return {};
  const std::size_t axis = TRY(normalize_axis(ctx, ctx.get_int("axis", -1), indices->size() + 1));
  Dim depth;
  if (const auto elements = ctx.elements(1); elements.has_value() && elements->size() == 1) {
    depth = (*elements)[0];
  }
  Dims out = *indices;
  out.insert(out.begin() + static_cast<std::ptrdiff_t>(axis), depth);
  ctx.set_output(0, ctx.dtype(2), std::move(out));
  return {};
}

Status evaluate_one_hot(EvalContext& ctx) {
  const Tensor& values = ctx.input(2);
  const Tensor indices = TRY(cast(ctx.input(0), DType::kInt64));
  const Tensor depths = TRY(cast(ctx.input(1), DType::kInt64));
  if (depths.size() != 1 || values.size() != 2) {
    return ctx.fail("depth must be one number and values two, they are ", describe(ctx.value(1)),
                    " and ", describe(ctx.value(2)));
  }
  const std::int64_t depth = depths.data<std::int64_t>()[0];
  const std::size_t axis = TRY(normalize_axis(ctx, ctx.get_int("axis", -1), indices.rank() + 1));
  Shape shape = indices.shape();
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), depth);
  Tensor out = TRY(ctx.make(values.dtype(), std::move(shape)));
  fill_with(out, values, 0);
  // An index outside [-depth, depth) leaves its row at the off value.
  const auto inner = static_cast<std::size_t>(extent_of(indices.shape(), axis, indices.rank()));
  const auto at = indices.data<std::int64_t>();
  visit_width(values.dtype(), [&]<typename T>() {
    const T on = values.data<T>()[1];
    const auto target = out.mutable_data<T>();
    for (std::size_t i = 0; i < at.size(); ++i) {
      if (at[i] < -depth || at[i] >= depth) continue;
      const auto hot = static_cast<std::size_t>(at[i] < 0 ? at[i] + depth : at[i]);
      target[(i / inner * static_cast<std::size_t>(depth) + hot) * inner + i % inner] = on;
    }
  });
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> one_hot_ops() {
  return {{.name = "OneHot",
           .versions = {{9,
                         "indices: T1, depth: T2, values: T3 -> output: T3 | T1 = numeric, "
                         "T2 = numeric, T3 = any",
                         "axis int"}},
           .infer = infer_one_hot,
           .evaluate = evaluate_one_hot}};
}

}  // namespace slipway
