#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/dims.h"
#include "ops/support/parts.h"

namespace slipway {
namespace {

constexpr int kSplitAsInput = 13;
constexpr int kUnevenParts = 18;  // from here the last part may be smaller

// Sizes without a `split`: equal parts, one an output.
Result<std::vector<std::int64_t>> equal_parts(const NodeView& view, std::int64_t extent,
                                              std::size_t outputs) {
  const auto count = static_cast<std::int64_t>(outputs);
  const std::int64_t size = extent / count + (extent % count != 0 ? 1 : 0);
  std::vector<std::int64_t> sizes(outputs, size);
  if (extent % count == 0) return sizes;
  if (view.version() < kUnevenParts || size * (count - 1) > extent) {
    return view.fail("an axis of ", extent, " does not divide into ", count,
                     " parts: give the sizes with `split`");
  }
  sizes.back() = extent - size * (count - 1);
  return sizes;
}

Status check_count(const NodeView& view, std::size_t sizes, std::size_t outputs) {
  const std::int64_t wanted = view.get_int("num_outputs", static_cast<std::int64_t>(outputs));
  if (sizes != outputs || wanted != static_cast<std::int64_t>(outputs)) {
    return view.fail("it has ", outputs, " outputs for ", wanted, " parts of ", sizes, " sizes");
  }
  return {};
}

std::int64_t axis_of(const NodeView& view) { return view.get_int("axis", 0); }

std::optional<std::vector<std::int64_t>> stated_sizes(const InferContext& ctx) {
  if (ctx.version() >= kSplitAsInput) return ctx.known_ints(1);
  if (const auto* sizes = ctx.get_ints("split")) return *sizes;
  return std::nullopt;
}

Status infer_split(InferContext& ctx) {
  const Dims* dims = ctx.dims(0);
  const std::size_t outputs = ctx.output_count();
  for (std::size_t i = 0; i < outputs; ++i) ctx.set_output(i, ctx.dtype(0));
  if (dims == nullptr) return {};
  const std::size_t axis = TRY(normalize_axis(ctx, axis_of(ctx), dims->size()));
  const Dim& whole = (*dims)[axis];
  const bool open = ctx.has_input(1) && !ctx.known_ints(1).has_value();
  std::optional<std::vector<std::int64_t>> sizes = stated_sizes(ctx);
  if (sizes.has_value()) {
    TRY(check_count(ctx, sizes->size(), outputs));
    if (whole.is_known()) TRY(check_parts(ctx, *sizes, whole.extent()));
  } else if (!open && whole.is_known()) {
    TRY(check_count(ctx, outputs, outputs));
    sizes = TRY(equal_parts(ctx, whole.extent(), outputs));
  }
  for (std::size_t i = 0; i < outputs; ++i) {
    Dims part = *dims;
    part[axis] = sizes.has_value() ? Dim((*sizes)[i]) : (outputs == 1 ? whole : Dim());
    ctx.set_output(i, ctx.dtype(0), std::move(part));
  }
  const std::optional<Dims> elements = ctx.elements(0);
  if (!elements.has_value() || dims->size() != 1 || !sizes.has_value()) return {};
  TRY(check_parts(ctx, *sizes, static_cast<std::int64_t>(elements->size())));
  auto next = elements->begin();
  for (std::size_t i = 0; i < outputs; ++i) {
    ctx.set_elements(i, Dims(next, next + (*sizes)[i]));
    next += (*sizes)[i];
  }
  return {};
}

Status evaluate_split(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const std::size_t axis = TRY(normalize_axis(ctx, axis_of(ctx), data.rank()));
  std::vector<std::int64_t> sizes;
  if (ctx.version() >= kSplitAsInput && ctx.has_input(1)) {
    sizes = TRY(ctx.ints(1));
  } else if (const auto* stated = ctx.get_ints("split");
             stated != nullptr && ctx.version() < kSplitAsInput) {
    sizes = *stated;
  } else if (ctx.version() == 1 && ctx.has_input(1)) {
    return ctx.unsupported(
        "Split-1 with its sizes as an input of floats: convert the model to "
        "opset 13 or newer");
  } else {
    sizes = TRY(equal_parts(ctx, data.dim(axis), ctx.output_count()));
  }
  TRY(check_count(ctx, sizes.size(), ctx.output_count()));
  TRY(check_parts(ctx, sizes, data.dim(axis)));
  std::int64_t start = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (ctx.has_output(i)) ctx.set_output(i, TRY(cut(ctx, data, axis, start, sizes[i])));
    start += sizes[i];
  }
  return {};
}

}  // namespace

std::vector<Op> split_ops() {
  return {{.name = "Split",
           .versions = {{1, "input: T, split?: T -> outputs...+: T | T = floats",
                         "axis int, split ints"},
                        {2, "input: T -> outputs+: T | T = any", "axis int, split ints"},
                        {13, "input: T, split?: int64 -> outputs+: T | T = any", "axis int"},
                        {18, "input: T, split?: int64 -> outputs+: T | T = any",
                         "axis int, num_outputs int"}},
           .infer = infer_split,
           .evaluate = evaluate_split}};
}

}  // namespace slipway
