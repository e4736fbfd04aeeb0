#include "ops/reduce/axes.h"

namespace slipway {
namespace {

std::optional<std::vector<std::int64_t>> known_axes(const InferContext& ctx) {
  if (const std::vector<std::int64_t>* axes = ctx.get_ints("axes")) return *axes;
  if (!ctx.has_input(1)) return std::vector<std::int64_t>{};
  return ctx.known_ints(1);
}

}  // namespace

Result<std::vector<bool>> reduced_axes(const NodeView& view, const std::vector<std::int64_t>& axes,
                                       std::size_t rank) {
  if (axes.empty()) return std::vector<bool>(rank, !view.get_flag("noop_with_empty_axes", false));
  std::vector<bool> reduced(rank, false);
  const std::vector<std::size_t> normalized = TRY(normalize_axes(view, axes, rank));
  for (const std::size_t axis : normalized) reduced[axis] = true;
  return reduced;
}

Shape reduced_shape(const Shape& shape, const std::vector<bool>& reduced, bool keep_dims) {
  Shape result;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (!reduced[d]) {
      result.push_back(shape[d]);
    } else if (keep_dims) {
      result.push_back(1);
    }
  }
  return result;
}

Status infer_reduced(InferContext& ctx, DType dtype) {
  const bool keep_dims = ctx.get_flag("keepdims", true);
  ctx.set_output(0, dtype);
  const Dims* dims = ctx.dims(0);
  if (dims == nullptr) return {};
  const std::optional<std::vector<std::int64_t>> axes = known_axes(ctx);
  if (!axes.has_value()) {
    if (keep_dims) ctx.set_output(0, dtype, Dims(dims->size()));
    return {};
  }
  const std::vector<bool> reduced = TRY(reduced_axes(ctx, *axes, dims->size()));
  Dims result;
  for (std::size_t d = 0; d < dims->size(); ++d) {
    if (!reduced[d]) {
      result.push_back((*dims)[d]);
    } else if (keep_dims) {
      result.emplace_back(1);
    }
  }
  ctx.set_output(0, dtype, std::move(result));
  return {};
}

ReducedRows::ReducedRows(const Shape& shape, const std::vector<bool>& reduced) {
  std::vector<Loop> inside;
  bool innermost = true;
  std::size_t stride = 1;
  for (std::size_t d = shape.size(); d-- > 0;) {
    const auto extent = static_cast<std::size_t>(shape[d]);
    if (extent == 1) continue;
    std::vector<Loop>& loops = reduced[d] ? inside : kept_;
    if (reduced[d] && !kept_.empty()) innermost = false;
    loops.insert(loops.begin(), Loop{extent, stride});
    (reduced[d] ? length_ : count_) *= extent;
    stride *= extent;
  }
  if (innermost) return;
  offsets_.reserve(length_);
  offsets_.push_back(0);
  for (const Loop& loop : inside) {
    // Every offset so far becomes `extent` many, in row-major order; from the back, in place.
    const std::size_t outer = offsets_.size();
    offsets_.resize(outer * loop.extent);
    for (std::size_t o = outer; o-- > 0;) {
      for (std::size_t i = loop.extent; i-- > 0;) {
        offsets_[o * loop.extent + i] = offsets_[o] + i * loop.stride;
      }
    }
  }
}

}  // namespace slipway
