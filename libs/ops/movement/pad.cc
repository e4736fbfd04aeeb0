#include <algorithm>

#include "ops/eval_context.h"
#include "ops/movement/pad_plan.h"
#include "ops/op.h"
#include "ops/support/copy.h"
#include "ops/support/dims.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

std::int64_t floor_mod(std::int64_t a, std::int64_t n) {
  const std::int64_t rest = a % n;
  return rest < 0 ? rest + n : rest;
}

// Which of `extent` elements stands at position `at` of the axis continued both ways; -1: the
// constant.
std::int64_t continued(PadMode mode, std::int64_t at, std::int64_t extent) {
  if (at >= 0 && at < extent) return at;
  switch (mode) {
    case PadMode::kConstant:
      return -1;
    case PadMode::kEdge:
      return at < 0 ? 0 : extent - 1;
    case PadMode::kWrap:
      return floor_mod(at, extent);
    case PadMode::kReflect:
      break;
  }
  if (extent == 1) return 0;
  const std::int64_t phase = floor_mod(at, 2 * (extent - 1));
  return phase < extent ? phase : 2 * (extent - 1) - phase;
}

}  // namespace

Result<PadMargins> spread_pads(const NodeView& view, const std::vector<std::int64_t>& pads,
                               const std::optional<std::vector<std::int64_t>>& axes,
                               std::size_t rank) {
  std::vector<std::size_t> at;
  if (axes.has_value()) {
    at = TRY(normalize_axes(view, *axes, rank));
  } else {
    for (std::size_t i = 0; i < rank; ++i) at.push_back(i);
  }
  if (pads.size() != 2 * at.size()) {
    return view.fail(pads.size(), " pads for ", at.size(),
                     " axes: there must be one before and one after each axis");
  }
  PadMargins margins{std::vector<std::int64_t>(rank, 0), std::vector<std::int64_t>(rank, 0)};
  for (std::size_t i = 0; i < at.size(); ++i) {
    margins.before[at[i]] = pads[i];
    margins.after[at[i]] = pads[i + at.size()];
  }
  return margins;
}

Result<PadMode> read_pad_mode(const NodeView& view) {
  const std::string mode = view.get_string("mode", "constant");
  if (mode == "constant") return PadMode::kConstant;
  if (mode == "reflect") return PadMode::kReflect;
  if (mode == "edge") return PadMode::kEdge;
  if (mode == "wrap") return PadMode::kWrap;
  return view.fail("mode \"", mode, "\" is none of constant, reflect, edge, wrap");
}

Result<std::vector<std::int64_t>> pad_map(const NodeView& view, PadMode mode, std::int64_t extent,
                                          std::int64_t before, std::int64_t after,
                                          std::int64_t padded) {
  const std::int64_t first = before < 0 ? -before : 0;
  const std::int64_t kept = extent - first + std::min<std::int64_t>(0, after);
  if (kept <= 0 && mode != PadMode::kConstant && padded != 0) {
    return view.fail("an empty axis cannot be continued: use mode \"constant\"");
  }
  const std::int64_t added = std::max<std::int64_t>(0, before);
  std::vector<std::int64_t> map(static_cast<std::size_t>(padded));
  for (std::int64_t i = 0; i < padded; ++i) {
    const std::int64_t source = continued(mode, i - added, std::max<std::int64_t>(kept, 0));
    map[static_cast<std::size_t>(i)] = source < 0 ? -1 : source + first;
  }
  return map;
}

namespace {

constexpr int kPadsAsInput = 11;

using Ints = std::vector<std::int64_t>;

const Ints* pads_attribute(const NodeView& view) {
  return view.get_ints(view.version() == 1 ? "paddings" : "pads");
}

// The extent of a padded axis; fails when more is removed than there is.
Result<std::int64_t> padded_extent(const NodeView& view, std::int64_t extent, std::int64_t before,
                                   std::int64_t after) {
  std::int64_t out = 0;
  if (__builtin_add_overflow(extent, before, &out) || __builtin_add_overflow(out, after, &out) ||
      out < 0) {
    return view.fail("pads ", before, " and ", after, " do not suit an axis of ", extent);
  }
  return out;
}

Status infer_pad(InferContext& ctx) {
  const Dims* dims = ctx.dims(0);
  set_unknown_shape(ctx);
  if (dims == nullptr) return {};
  std::optional<Ints> pads;
  std::optional<Ints> axes;
  if (ctx.version() >= kPadsAsInput) {
    pads = ctx.known_ints(1);
    axes = ctx.known_ints(3);
  } else if (pads_attribute(ctx) != nullptr) {
    pads = *pads_attribute(ctx);
  }
  Dims out(dims->size());
  if (pads.has_value() && (axes.has_value() || !ctx.has_input(3))) {
    const PadMargins margins = TRY(spread_pads(ctx, *pads, axes, dims->size()));
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::int64_t before = margins.before[i];
      const std::int64_t after = margins.after[i];
      if ((*dims)[i].is_known()) {
        out[i] = TRY(padded_extent(ctx, (*dims)[i].extent(), before, after));
      } else if (before == 0 && after == 0) {
        out[i] = (*dims)[i];
      }
    }
  }
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

Status fill_constant(EvalContext& ctx, Tensor& out) {
  if (ctx.version() < kPadsAsInput) {
    const float value = ctx.get_float("value", 0.0F);
    if (value == 0.0F) return {};
    fill_with(out, TRY(cast(Tensor::scalar(value), out.dtype())));
    return {};
  }
  if (!ctx.has_input(2)) return {};
  if (ctx.input(2).size() != 1 || ctx.input(2).dtype() != out.dtype()) {
    return ctx.fail("constant_value must be one element of type ", name(out.dtype()), ", it is ",
                    describe(ctx.value(2)));
  }
  fill_with(out, ctx.input(2));
  return {};
}

Status evaluate_pad(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const PadMode mode = TRY(read_pad_mode(ctx));
  Ints pads;
  std::optional<Ints> axes;
  if (ctx.version() >= kPadsAsInput) {
    pads = TRY(ctx.ints(1));
    if (ctx.has_input(3)) axes = TRY(ctx.ints(3));
  } else if (pads_attribute(ctx) != nullptr) {
    pads = *pads_attribute(ctx);
  }
  const PadMargins margins = TRY(spread_pads(ctx, pads, axes, data.rank()));
  Shape shape;
  for (std::size_t i = 0; i < data.rank(); ++i) {
    shape.push_back(TRY(padded_extent(ctx, data.dim(i), margins.before[i], margins.after[i])));
  }
  Tensor out = TRY(ctx.make(data.dtype(), shape));
  if (out.size() != 0) {
    if (mode == PadMode::kConstant) TRY(fill_constant(ctx, out));
    std::vector<Ints> maps;
    for (std::size_t i = 0; i < data.rank(); ++i) {
      maps.push_back(
          TRY(pad_map(ctx, mode, data.dim(i), margins.before[i], margins.after[i], shape[i])));
    }
    copy_mapped(data, maps, out);
  }
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> pad_ops() {
  return {
      {.name = "Pad",
       .versions =
           {{1, "data: T -> output: T | T = floats", "mode string, paddings ints!, value float"},
            {2, "data: T -> output: T | T = floats", "mode string, pads ints!, value float"},
            {11, "data: T, pads: int64, constant_value?: T -> output: T | T = any", "mode string"},
            {18,
             "data: T, pads: int64, constant_value?: T, axes?: Tind -> output: T | "
             "T = any, Tind = int32 int64",
             "mode string"}},
       .infer = infer_pad,
       .evaluate = evaluate_pad}};
}

}  // namespace slipway
