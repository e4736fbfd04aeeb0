// NonZero and Compress: which elements are there depends on values.
#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/copy.h"
#include "ops/support/dims.h"
#include "ops/support/index.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

Status infer_nonzero(InferContext& ctx) {
  Dims out(2);
  if (const Dims* dims = ctx.dims(0)) out[0] = static_cast<std::int64_t>(dims->size());
  ctx.set_output(0, DType::kInt64, std::move(out));
  return {};
}

// Flat positions of the elements that are not zero, false or empty text.
Result<std::vector<std::int64_t>> nonzero_positions(const Tensor& data) {
  std::vector<std::int64_t> positions;
  const auto collect = [&positions](const auto& elements, auto is_zero) {
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (!is_zero(elements[i])) positions.push_back(static_cast<std::int64_t>(i));
    }
  };
  if (data.dtype() == DType::kString) {
    collect(data.data<std::string>(), [](const std::string& text) { return text.empty(); });
  } else {
    const Tensor truth = TRY(cast(data, DType::kBool));
    collect(truth.data<bool>(), [](bool element) { return !element; });
  }
  return positions;
}

Status evaluate_nonzero(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const std::vector<std::int64_t> positions = TRY(nonzero_positions(data));
  const auto rank = static_cast<std::int64_t>(data.rank());
  const auto count = static_cast<std::int64_t>(positions.size());
  Tensor out = TRY(ctx.make(DType::kInt64, {rank, count}));
  const auto coordinates = out.mutable_data<std::int64_t>();
  for (std::size_t i = 0; i < positions.size(); ++i) {
    std::int64_t rest = positions[i];
    for (std::size_t d = data.rank(); d > 0; --d) {
      coordinates[(d - 1) * positions.size() + i] = rest % data.dim(d - 1);
      rest /= data.dim(d - 1);
    }
  }
  ctx.set_output(0, std::move(out));
  return {};
}

Status infer_compress(InferContext& ctx) {
  const Dims* dims = ctx.dims(0);
  if (!ctx.has_attribute("axis")) {
    ctx.set_output(0, ctx.dtype(0), Dims(1));
    return {};
  }
  set_unknown_shape(ctx);
  if (dims == nullptr) return {};
  Dims out = *dims;
  out[TRY(normalize_axis(ctx, ctx.get_int("axis", 0), dims->size()))] = Dim();
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

Status evaluate_compress(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const Tensor& condition = ctx.input(1);
  if (condition.dtype() != DType::kBool || condition.rank() != 1) {
    return ctx.fail("the condition must be a list of bool, it is ", describe(ctx.value(1)));
  }
  const bool flat = !ctx.has_attribute("axis");
  const std::size_t axis = flat ? 0 : TRY(normalize_axis(ctx, ctx.get_int("axis", 0), data.rank()));
  const std::int64_t extent = flat ? static_cast<std::int64_t>(data.size()) : data.dim(axis);
  std::vector<std::int64_t> kept;
  const auto flags = condition.data<bool>();
  for (std::size_t i = 0; i < flags.size(); ++i) {
    if (!flags[i]) continue;
    if (static_cast<std::int64_t>(i) >= extent) {
      return ctx.fail("the condition selects element ", i, " of ", extent);
    }
    kept.push_back(static_cast<std::int64_t>(i));
  }
  Shape shape = flat ? Shape{0} : data.shape();
  shape[axis] = static_cast<std::int64_t>(kept.size());
  const std::int64_t outer = flat ? 1 : extent_of(data.shape(), 0, axis);
  const std::int64_t block = flat ? 1 : extent_of(data.shape(), axis + 1, data.rank());
  Tensor out = TRY(ctx.make(data.dtype(), std::move(shape)));
  if (out.size() != 0) {
    std::vector<std::int64_t> sources;
    for (std::int64_t i = 0; i < outer; ++i) {
      for (const std::int64_t index : kept) sources.push_back(i * extent + index);
    }
    copy_blocks(data, sources, static_cast<std::size_t>(block), out);
  }
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> nonzero_ops() {
  return {
      {.name = "NonZero",
       .versions = {{9, "X: T -> Y: int64 | T = any"}},
       .infer = infer_nonzero,
       .evaluate = evaluate_nonzero},
      {.name = "Compress",
       .versions = {{9, "input: T, condition: T1 -> output: T | T = any, T1 = bool", "axis int"}},
       .infer = infer_compress,
       .evaluate = evaluate_compress}};
}

}  // namespace slipway
