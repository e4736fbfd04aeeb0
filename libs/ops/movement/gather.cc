#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/copy.h"
#include "ops/support/dims.h"
#include "ops/support/index.h"

namespace slipway {
namespace {

std::int64_t axis_of(const NodeView& view) { return view.get_int("axis", 0); }

// Shape arithmetic: picks elements of a one-dimensional shape.
Status gather_elements_of_shape(InferContext& ctx) {
  const std::optional<Dims> elements = ctx.elements(0);
  const auto indices = ctx.known_ints(1);
  const Dims* data = ctx.dims(0);
  const Dims* index_dims = ctx.dims(1);
  if (!elements.has_value() || !indices.has_value() || data == nullptr || data->size() != 1 ||
      index_dims == nullptr || index_dims->size() > 1) {
    return {};
  }
  const auto extent = static_cast<std::int64_t>(elements->size());
  Dims picked;
  for (const std::int64_t index : *indices) {
    if (index < -extent || index >= extent) {
      return ctx.fail("index ", index, " is outside an axis of ", extent, " elements");
    }
    picked.push_back((*elements)[static_cast<std::size_t>(index < 0 ? index + extent : index)]);
  }
  ctx.set_elements(0, std::move(picked));
  return {};
}

Status infer_gather(InferContext& ctx) {
  const Dims* data = ctx.dims(0);
  const Dims* indices = ctx.dims(1);
  set_unknown_shape(ctx);
  if (data == nullptr || indices == nullptr) return {};
  const auto axis =
      static_cast<std::ptrdiff_t>(TRY(normalize_axis(ctx, axis_of(ctx), data->size())));
  Dims out(data->begin(), data->begin() + axis);
  out.insert(out.end(), indices->begin(), indices->end());
  out.insert(out.end(), data->begin() + axis + 1, data->end());
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return gather_elements_of_shape(ctx);
}

Status evaluate_gather(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const Shape& index_shape = ctx.input(1).shape();
  const std::size_t axis = TRY(normalize_axis(ctx, axis_of(ctx), data.rank()));
  const std::vector<std::int64_t> indices = TRY(read_indices(ctx, 1, data.dim(axis)));
  const auto at = data.shape().begin() + static_cast<std::ptrdiff_t>(axis);
  Shape shape(data.shape().begin(), at);
  shape.insert(shape.end(), index_shape.begin(), index_shape.end());
  shape.insert(shape.end(), at + 1, data.shape().end());
  Tensor out = TRY(ctx.make(data.dtype(), std::move(shape)));
  if (out.size() != 0) {
    const std::int64_t outer = extent_of(data.shape(), 0, axis);
    const std::int64_t block = extent_of(data.shape(), axis + 1, data.rank());
    std::vector<std::int64_t> sources;
    sources.reserve(static_cast<std::size_t>(outer) * indices.size());
    for (std::int64_t i = 0; i < outer; ++i) {
      for (const std::int64_t index : indices) sources.push_back(i * data.dim(axis) + index);
    }
    copy_blocks(data, sources, static_cast<std::size_t>(block), out);
  }
  ctx.set_output(0, std::move(out));
  return {};
}

Status infer_gather_elements(InferContext& ctx) {
  const Dims* data = ctx.dims(0);
  const Dims* indices = ctx.dims(1);
  if (data != nullptr) TRY(normalize_axis(ctx, axis_of(ctx), data->size()));
  if (data != nullptr && indices != nullptr && data->size() != indices->size()) {
    return ctx.fail("indices ", to_text(ctx.input(1)), " and data ", to_text(ctx.input(0)),
                    " must have the same rank");
  }
  ctx.set_output(0, Type::tensor(ctx.dtype(0), ctx.input(1).dims));
  return {};
}

Status evaluate_gather_elements(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const std::size_t axis = TRY(normalize_axis(ctx, axis_of(ctx), data.rank()));
  const std::vector<std::int64_t> positions = TRY(element_positions(ctx, 1, data, axis));
  Tensor out = TRY(ctx.make(data.dtype(), ctx.input(1).shape()));
  copy_blocks(data, positions, 1, out);
  ctx.set_output(0, std::move(out));
  return {};
}

Result<std::size_t> batch_of(const NodeView& view, std::size_t rank, std::size_t index_rank) {
  const std::int64_t batch = view.get_int("batch_dims", 0);
  if (batch < 0 || batch >= static_cast<std::int64_t>(std::min(rank, index_rank))) {
    return view.fail("batch_dims ", batch, " must be less than the ranks ", rank,
                     " of the data and ", index_rank, " of the indices");
  }
  return static_cast<std::size_t>(batch);
}

Status infer_gather_nd(InferContext& ctx) {
  const Dims* data = ctx.dims(0);
  const Dims* indices = ctx.dims(1);
  set_unknown_shape(ctx);
  if (data == nullptr || indices == nullptr) return {};
  const std::size_t batch = TRY(batch_of(ctx, data->size(), indices->size()));
  if (!indices->back().is_known()) return {};
  const std::int64_t depth = indices->back().extent();
  if (depth > static_cast<std::int64_t>(data->size() - batch)) {
    return ctx.fail("the indices ", to_text(ctx.input(1)), " name ", depth,
                    " positions, too many for the data ", to_text(ctx.input(0)));
  }
  Dims out(indices->begin(), indices->end() - 1);
  out.insert(out.end(), data->begin() + static_cast<std::ptrdiff_t>(batch) + depth, data->end());
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

Status evaluate_gather_nd(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const Shape& indices = ctx.input(1).shape();
  const std::size_t batch = TRY(batch_of(ctx, data.rank(), indices.size()));
  const BlockPositions positions = TRY(block_positions(ctx, 1, data, batch));
  Shape shape(indices.begin(), indices.end() - 1);
  shape.insert(shape.end(),
               data.shape().begin() + static_cast<std::ptrdiff_t>(batch) + indices.back(),
               data.shape().end());
  Tensor out = TRY(ctx.make(data.dtype(), std::move(shape)));
  if (out.size() != 0) {
    copy_blocks(data, positions.blocks, static_cast<std::size_t>(positions.block_elements), out);
  }
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> gather_ops() {
  return {{.name = "Gather",
           .versions = {{1, "data: T, indices: Tind -> output: T | T = any, Tind = int32 int64",
                         "axis int"}},
           .infer = infer_gather,
           .evaluate = evaluate_gather},
          {.name = "GatherElements",
           .versions = {{11, "data: T, indices: Tind -> output: T | T = any, Tind = int32 int64",
                         "axis int"}},
           .infer = infer_gather_elements,
           .evaluate = evaluate_gather_elements},
          {.name = "GatherND",
           .versions = {{11, "data: T, indices: int64 -> output: T | T = any"},
                        {12, "data: T, indices: int64 -> output: T | T = any", "batch_dims int"}},
           .infer = infer_gather_nd,
           .evaluate = evaluate_gather_nd}};
}

}  // namespace slipway
