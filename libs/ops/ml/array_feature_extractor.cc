#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/op.h"

namespace slipway {
namespace {

// Picks elements of the last axis; a vector counts as one row.
Status evaluate_array_feature_extractor(EvalContext& ctx) {
  const Tensor& x = ctx.input(0);
  const std::vector<std::int64_t> picks = TRY(ctx.ints(1));
  if (x.rank() == 0) return ctx.fail("the input is a scalar; it needs an axis to pick from");
  const std::int64_t columns = x.shape().back();
  for (const std::int64_t pick : picks) {
    if (pick < 0 || pick >= columns) {
      return ctx.fail("index ", pick, " is outside the last axis, which has ", columns,
                      " elements");
    }
  }
  Shape shape = x.rank() == 1 ? Shape{1, 0} : x.shape();
  shape.back() = static_cast<std::int64_t>(picks.size());
  Tensor y = TRY(ctx.make(x.dtype(), std::move(shape)));
  visit_width(x.dtype(), [&]<typename T>() {
    const auto in = x.data<T>();
    const auto out = y.mutable_data<T>();
    std::size_t next = 0;
    for (std::size_t row = 0; next < out.size(); row += static_cast<std::size_t>(columns)) {
      for (const std::int64_t pick : picks) out[next++] = in[row + static_cast<std::size_t>(pick)];
    }
  });
  ctx.set_output(0, std::move(y));
  return {};
}

Status infer_array_feature_extractor(InferContext& ctx) {
  ctx.set_output(0, ctx.dtype(0));
  const Dims* input = ctx.dims(0);
  if (input == nullptr || input->empty()) return {};
  Dims output = input->size() == 1 ? Dims{Dim(1), Dim()} : *input;
  output.back() = Dim();
  if (const Dims* picks = ctx.dims(1)) {
    if (const auto count = known_count(*picks)) output.back() = Dim(*count);
  }
  ctx.set_output(0, ctx.dtype(0), std::move(output));
  return {};
}

}  // namespace

std::vector<Op> array_feature_extractor_ops() {
  return {{.name = "ArrayFeatureExtractor",
           .domain = kMl,
           .versions = {{1, "X: T, Y: int64 -> Z: T | T = float int32 int64 string double", ""}},
           .infer = infer_array_feature_extractor,
           .evaluate = evaluate_array_feature_extractor}};
}

}  // namespace slipway
