#include <algorithm>
#include <limits>

#include "ops/eval_context.h"
#include "ops/movement/slice_plan.h"
#include "ops/op.h"
#include "ops/support/copy.h"
#include "ops/support/dims.h"

namespace slipway {

Cut clamp_cut(std::int64_t extent, std::int64_t start, std::int64_t end, std::int64_t step) {
  const auto from_end = [extent](std::int64_t at) { return at < 0 ? at + extent : at; };
  start = from_end(start);
  end = from_end(end);
  std::uint64_t distance = 0;
  std::uint64_t stride = static_cast<std::uint64_t>(step);
  if (step > 0) {
    start = std::clamp<std::int64_t>(start, 0, extent);
    end = std::clamp<std::int64_t>(end, 0, extent);
    if (end > start) distance = static_cast<std::uint64_t>(end - start);
  } else {
    start = std::min(std::max<std::int64_t>(start, 0), extent - 1);
    end = std::clamp<std::int64_t>(end, -1, std::max<std::int64_t>(extent - 1, 0));
    if (start > end) distance = static_cast<std::uint64_t>(start - end);
    stride = ~stride + 1;
  }
  if (extent == 0 || distance == 0) return {0, 0, 1};
  return {start, static_cast<std::int64_t>((distance - 1) / stride + 1), step};
}

namespace {

constexpr int kRangesAsInputs = 10;

using Ints = std::vector<std::int64_t>;

Status check_ranges(const NodeView& view, const Ints& starts, const Ints& ends, const Ints& axes,
                    const Ints& steps) {
  if (starts.size() != ends.size() || starts.size() != axes.size() ||
      starts.size() != steps.size()) {
    return view.fail(starts.size(), " starts, ", ends.size(), " ends, ", axes.size(), " axes and ",
                     steps.size(), " steps: there must be as many of each");
  }
  if (std::find(steps.begin(), steps.end(), 0) != steps.end()) {
    return view.fail("a step is 0: steps are positive or negative");
  }
  return {};
}

Ints first_axes(std::size_t count) {
  Ints axes(count);
  for (std::size_t i = 0; i < count; ++i) axes[i] = static_cast<std::int64_t>(i);
  return axes;
}

// Fully known start, end and step per axis, or what of them is known.
struct Ranges {
  std::optional<Ints> starts, ends, axes, steps;
  std::optional<Dims> end_dims;
  std::size_t count = 0;
};

std::optional<Ranges> read_ranges(const InferContext& ctx) {
  Ranges ranges;
  if (ctx.version() < kRangesAsInputs) {
    const Ints* starts = ctx.get_ints("starts");
    const Ints* ends = ctx.get_ints("ends");
    if (starts == nullptr || ends == nullptr) return std::nullopt;
    const Ints* axes = ctx.get_ints("axes");
    ranges = {*starts,
              *ends,
              axes == nullptr ? first_axes(starts->size()) : *axes,
              Ints(starts->size(), 1),
              std::nullopt,
              starts->size()};
    return ranges;
  }
  ranges.starts = ctx.known_ints(1);
  ranges.ends = ctx.known_ints(2);
  ranges.end_dims = ctx.elements(2);
  if (ranges.starts.has_value()) {
    ranges.count = ranges.starts->size();
  } else if (const auto elements = ctx.elements(1)) {
    ranges.count = elements->size();
  } else if (const Dims* dims = ctx.dims(1);
             dims != nullptr && dims->size() == 1 && (*dims)[0].is_known() &&
             (*dims)[0].extent() <= static_cast<std::int64_t>(kMaxInferredRank)) {
    ranges.count = static_cast<std::size_t>((*dims)[0].extent());
  } else if (!ctx.has_input(3)) {
    return std::nullopt;
  }
  ranges.axes = ctx.has_input(3) ? ctx.known_ints(3) : first_axes(ranges.count);
  ranges.steps = ctx.has_input(4) ? ctx.known_ints(4) : Ints(ranges.count, 1);
  return ranges;
}

// The extent after slicing one axis, as far as it is certain.
Dim sliced_dim(const Dim& dim, const Ranges& ranges, std::size_t i) {
  constexpr std::int64_t kEverything = std::numeric_limits<std::int32_t>::max();
  if (!ranges.starts.has_value() || !ranges.steps.has_value()) return {};
  const std::int64_t start = (*ranges.starts)[i];
  const std::int64_t step = (*ranges.steps)[i];
  if (ranges.ends.has_value()) {
    const std::int64_t end = (*ranges.ends)[i];
    if (dim.is_known()) return clamp_cut(dim.extent(), start, end, step).count;
    if (dim.is_symbol() && step == 1 && start == 0 && end >= kEverything) return dim;
    if (dim.is_symbol() && step == -1 && (start == -1 || start >= kEverything) &&
        end <= -kEverything) {
      return dim;
    }
    if (start >= 0 && end >= 0 && step > 0 && end <= start) return 0;
    return {};
  }
  const bool whole = ranges.end_dims.has_value() && i < ranges.end_dims->size() &&
                     (*ranges.end_dims)[i] == dim && dim.is_symbol();
  return whole && start == 0 && step == 1 ? dim : Dim();
}

// Shape arithmetic: the elements picked from a one-dimensional shape.
void slice_elements(InferContext& ctx, const Ranges& ranges) {
  const std::optional<Dims> elements = ctx.elements(0);
  const Dims* dims = ctx.dims(0);
  if (!elements.has_value() || dims == nullptr || dims->size() != 1) return;
  if (!ranges.starts.has_value() || !ranges.ends.has_value() || !ranges.steps.has_value()) return;
  if (ranges.starts->size() != 1) return;
  const Cut cut = clamp_cut(static_cast<std::int64_t>(elements->size()), (*ranges.starts)[0],
                            (*ranges.ends)[0], (*ranges.steps)[0]);
  Dims picked;
  for (std::int64_t i = 0; i < cut.count; ++i) {
    picked.push_back((*elements)[static_cast<std::size_t>(cut.start + i * cut.step)]);
  }
  ctx.set_elements(0, std::move(picked));
}

Status infer_slice(InferContext& ctx) {
  const Dims* dims = ctx.dims(0);
  if (dims == nullptr) {
    set_unknown_shape(ctx);
    return {};
  }
  Dims out = *dims;
  const std::optional<Ranges> ranges = read_ranges(ctx);
  if (!ranges.has_value() || !ranges->axes.has_value()) {
    ctx.set_output(0, ctx.dtype(0), unknown_dims(dims->size()));
    return {};
  }
  const std::size_t count = ranges->axes->size();
  const Ints ones(count, 1);
  TRY(check_ranges(ctx, ranges->starts.value_or(ones), ranges->ends.value_or(ones), *ranges->axes,
                   ranges->steps.value_or(ones)));
  const std::vector<std::size_t> axes = TRY(normalize_axes(ctx, *ranges->axes, dims->size()));
  for (std::size_t i = 0; i < count; ++i) out[axes[i]] = sliced_dim((*dims)[axes[i]], *ranges, i);
  slice_elements(ctx, *ranges);
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

Status evaluate_slice(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  Ints starts, ends, axes, steps;
  if (ctx.version() < kRangesAsInputs) {
    const Ints* stated = ctx.get_ints("axes");
    if (ctx.get_ints("starts") != nullptr) starts = *ctx.get_ints("starts");
    if (ctx.get_ints("ends") != nullptr) ends = *ctx.get_ints("ends");
    axes = stated == nullptr ? first_axes(starts.size()) : *stated;
    steps.assign(starts.size(), 1);
  } else {
    starts = TRY(ctx.ints(1));
    ends = TRY(ctx.ints(2));
    axes = ctx.has_input(3) ? TRY(ctx.ints(3)) : first_axes(starts.size());
    steps = ctx.has_input(4) ? TRY(ctx.ints(4)) : Ints(starts.size(), 1);
  }
  TRY(check_ranges(ctx, starts, ends, axes, steps));
  const std::vector<std::size_t> at = TRY(normalize_axes(ctx, axes, data.rank()));
  Shape shape = data.shape();
  Placement from{0, row_major_strides(data.shape())};
  for (std::size_t i = 0; i < at.size(); ++i) {
    const Cut cut = clamp_cut(data.dim(at[i]), starts[i], ends[i], steps[i]);
    shape[at[i]] = cut.count;
    if (cut.count == 0) continue;
    std::int64_t& stride = from.strides[at[i]];
    if (data.size() != 0) from.offset += cut.start * stride;
    // A step beyond the axis is never taken: it picks one element.
    stride = cut.count == 1 || data.size() == 0 ? 0 : stride * cut.step;
  }
  Tensor out = TRY(ctx.make(data.dtype(), std::move(shape)));
  if (out.size() != 0) copy_from(data, from, out);
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> slice_ops() {
  return {
      {.name = "Slice",
       .versions = {{1, "data: T -> output: T | T = any", "axes ints, ends ints!, starts ints!"},
                    {10,
                     "data: T, starts: Tind, ends: Tind, axes?: Tind, steps?: Tind -> "
                     "output: T | T = any, Tind = int32 int64"}},
       .infer = infer_slice,
       .evaluate = evaluate_slice}};
}

}  // namespace slipway
