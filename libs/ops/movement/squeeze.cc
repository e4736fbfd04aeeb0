#include <algorithm>

#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/dims.h"

namespace slipway {
namespace {

constexpr int kAxesAsInput = 13;

// The axes as far as they are known: nullopt when they are an input that is not. No axes at all
// reads as `given == false`.
struct Axes {
  bool given = false;
  std::optional<std::vector<std::int64_t>> known;
};

Axes read_axes(const InferContext& ctx) {
  if (ctx.version() >= kAxesAsInput) {
    return {ctx.has_input(1), ctx.has_input(1) ? ctx.known_ints(1) : std::nullopt};
  }
  const auto* axes = ctx.get_ints("axes");
  return axes == nullptr ? Axes{} : Axes{true, *axes};
}

Result<Axes> read_axes(const EvalContext& ctx) {
  if (ctx.version() >= kAxesAsInput) {
    if (!ctx.has_input(1)) return Axes{};
    std::vector<std::int64_t> axes = TRY(ctx.ints(1));
    return Axes{true, std::move(axes)};
  }
  const auto* axes = ctx.get_ints("axes");
  return axes == nullptr ? Axes{} : Axes{true, *axes};
}

bool contains(const std::vector<std::size_t>& axes, std::size_t axis) {
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}

Status infer_squeeze(InferContext& ctx) {
  const Axes axes = read_axes(ctx);
  const Dims* dims = ctx.dims(0);
  set_unknown_shape(ctx);
  if (dims == nullptr || (axes.given && !axes.known.has_value())) return {};
  Dims out;
  if (axes.given) {
    const std::vector<std::size_t> removed = TRY(normalize_axes(ctx, *axes.known, dims->size()));
    for (std::size_t i = 0; i < dims->size(); ++i) {
      if (!contains(removed, i)) {
        out.push_back((*dims)[i]);
      } else if (!may_be_equal((*dims)[i], 1)) {
        return ctx.fail("axis ", i, " of ", to_text(ctx.input(0)),
                        " is not 1 and cannot be removed");
      }
    }
  } else {
    for (const Dim& dim : *dims) {
      if (!dim.is_known()) return {};
      if (dim.extent() != 1) out.push_back(dim);
    }
  }
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  pass_elements(ctx, 0, 0);
  return {};
}

Status evaluate_squeeze(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const Axes axes = TRY(read_axes(ctx));
  Shape shape;
  if (axes.given) {
    const std::vector<std::size_t> removed = TRY(normalize_axes(ctx, *axes.known, data.rank()));
    for (std::size_t i = 0; i < data.rank(); ++i) {
      if (!contains(removed, i)) {
        shape.push_back(data.dim(i));
      } else if (data.dim(i) != 1) {
        return ctx.fail("axis ", i, " of ", shape_text(data.shape()),
                        " is not 1 and cannot be removed");
      }
    }
  } else {
    std::copy_if(data.shape().begin(), data.shape().end(), std::back_inserter(shape),
                 [](std::int64_t dim) { return dim != 1; });
  }
  ctx.set_output(0, TRY(data.reshaped(std::move(shape))));
  return {};
}

// The input's dimensions with 1 at each of the axes of the result.
template <typename Extent>
Result<std::vector<Extent>> insert_ones(const NodeView& view, const std::vector<Extent>& dims,
                                        const std::vector<std::int64_t>& axes) {
  const std::size_t rank = dims.size() + axes.size();
  if (rank > kMaxInferredRank) return view.fail("a result of ", rank, " dimensions is too much");
  const std::vector<std::size_t> added = TRY(normalize_axes(view, axes, rank));
  std::vector<Extent> out;
  std::size_t next = 0;
  for (std::size_t i = 0; i < rank; ++i) {
    out.push_back(contains(added, i) ? Extent(1) : dims[next++]);
  }
  return out;
}

Status infer_unsqueeze(InferContext& ctx) {
  set_unknown_shape(ctx);
  const Axes axes = read_axes(ctx);
  const Dims* dims = ctx.dims(0);
  if (dims != nullptr && axes.known.has_value()) {
    ctx.set_output(0, ctx.dtype(0), TRY(insert_ones(ctx, *dims, *axes.known)));
    pass_elements(ctx, 0, 0);
  }
  return {};
}

Status evaluate_unsqueeze(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const Axes axes = TRY(read_axes(ctx));
  if (!axes.known.has_value()) return ctx.fail("axes are missing");
  ctx.set_output(0, TRY(data.reshaped(TRY(insert_ones(ctx, data.shape(), *axes.known)))));
  return {};
}

}  // namespace

std::vector<Op> squeeze_ops() {
  return {{.name = "Squeeze",
           .versions = {{1, "data: T -> squeezed: T | T = any", "axes ints"},
                        {13, "data: T, axes?: int64 -> squeezed: T | T = any"}},
           .infer = infer_squeeze,
           .evaluate = evaluate_squeeze},
          {.name = "Unsqueeze",
           .versions = {{1, "data: T -> expanded: T | T = any", "axes ints!"},
                        {13, "data: T, axes: int64 -> expanded: T | T = any"}},
           .infer = infer_unsqueeze,
           .evaluate = evaluate_unsqueeze}};
}

}  // namespace slipway
