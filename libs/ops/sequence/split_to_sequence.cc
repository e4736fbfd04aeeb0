#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/dims.h"
#include "ops/support/parts.h"

namespace slipway {
namespace {

std::int64_t axis_of(const NodeView& view) { return view.get_int("axis", 0); }

Status infer_split_to_sequence(InferContext& ctx) {
  const Dims* dims = ctx.dims(0);
  Type element = Type::tensor(ctx.dtype(0));
  if (dims != nullptr) {
    const std::size_t axis = TRY(normalize_axis(ctx, axis_of(ctx), dims->size()));
    element.dims = *dims;
    (*element.dims)[axis] = Dim();
    if (!ctx.has_input(1)) (*element.dims)[axis] = 1;
    if (!ctx.has_input(1) && !ctx.get_flag("keepdims", true)) {
      element.dims->erase(element.dims->begin() + static_cast<std::ptrdiff_t>(axis));
    }
  }
  ctx.set_output(0, Type::sequence(std::move(element)));
  return {};
}

// A scalar is the size of every part, a list has one size for each; without, all are 1.
Result<std::vector<std::int64_t>> read_sizes(const EvalContext& ctx, std::int64_t extent) {
  if (!ctx.has_input(1)) return parts_of(extent, 1);
  std::vector<std::int64_t> sizes = TRY(ctx.ints(1));
  if (ctx.input(1).rank() == 0) {
    if (sizes.size() != 1 || sizes[0] < 1) return ctx.fail("parts must have at least one element");
    return parts_of(extent, sizes[0]);
  }
  TRY(check_parts(ctx, sizes, extent));
  return sizes;
}

Status evaluate_split_to_sequence(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const std::size_t axis = TRY(normalize_axis(ctx, axis_of(ctx), data.rank()));
  // An axis can be long when another one is empty; the list of parts must still fit.
  if (data.size() == 0) TRY(ctx.make(DType::kInt64, {data.dim(axis)}));
  const std::vector<std::int64_t> sizes = TRY(read_sizes(ctx, data.dim(axis)));
  const bool squeeze = !ctx.has_input(1) && !ctx.get_flag("keepdims", true);
  Sequence parts;
  std::int64_t start = 0;
  for (const std::int64_t size : sizes) {
    Tensor part = TRY(cut(ctx, data, axis, start, size));
    start += size;
    if (squeeze) {
      Shape shape = part.shape();
      shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
      part = TRY(part.reshaped(std::move(shape)));
    }
    parts.items.emplace_back(std::move(part));
  }
  ctx.set_output(0, std::move(parts));
  return {};
}

}  // namespace

std::vector<Op> split_to_sequence_ops() {
  return {{.name = "SplitToSequence",
           .versions = {{11,
                         "input: T, split?: I -> output_sequence: S | T = any, "
                         "I = int32 int64, S = any_seq",
                         "axis int, keepdims int"}},
           .infer = infer_split_to_sequence,
           .evaluate = evaluate_split_to_sequence}};
}

}  // namespace slipway
