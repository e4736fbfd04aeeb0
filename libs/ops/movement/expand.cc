#include <algorithm>

#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/copy.h"
#include "ops/support/dims.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;

Status infer_expand(InferContext& ctx) {
  const Dims* data = ctx.dims(0);
  const std::optional<Dims> shape = TRY(shape_from_input(ctx, 1));
  set_unknown_shape(ctx);
  if (data == nullptr || !shape.has_value()) return {};
  Result<Dims> out = broadcast(*data, *shape);
  if (!out.ok()) return ctx.fail(out.error().message);
  const bool one_element = known_count(*data) == 1;
  const std::optional<Dims> elements = ctx.elements(0);
  if (one_element && elements.has_value() && elements->size() == 1 && out->size() == 1 &&
      (*out)[0].is_known() &&
      (*out)[0].extent() <= static_cast<std::int64_t>(kMaxFollowedElements)) {
    ctx.set_elements(0, Dims(static_cast<std::size_t>((*out)[0].extent()), (*elements)[0]));
  }
  ctx.set_output(0, ctx.dtype(0), *std::move(out));
  return {};
}

Status evaluate_expand(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const Ints wanted = TRY(ctx.ints(1));
  const std::size_t rank = std::max(wanted.size(), data.rank());
  Shape shape(rank, 1);
  for (std::size_t i = 0; i < rank; ++i) {
    const std::size_t from_end = rank - i;
    const std::int64_t have = from_end > data.rank() ? 1 : data.dim(data.rank() - from_end);
    const std::int64_t want = from_end > wanted.size() ? 1 : wanted[wanted.size() - from_end];
    if (want < 0 || (have != want && have != 1 && want != 1)) {
      return ctx.fail("cannot expand ", shape_text(data.shape()), " to ", shape_text(wanted));
    }
    shape[i] = have == 1 ? want : have;
  }
  Tensor out = TRY(ctx.make(data.dtype(), std::move(shape)));
  if (out.size() != 0) copy_from(data, broadcast_placement(data.shape(), out.shape()), out);
  ctx.set_output(0, std::move(out));
  return {};
}

Status infer_tile(InferContext& ctx) {
  const Dims* data = ctx.dims(0);
  set_unknown_shape(ctx);
  if (data == nullptr) return {};
  Dims out(data->size());
  const std::optional<Dims> repeats = ctx.elements(1);
  if (ctx.version() >= 6 && repeats.has_value()) {
    if (repeats->size() != data->size()) {
      return ctx.fail(repeats->size(), " repeats for ", data->size(), " dimensions");
    }
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = product({(*data)[i], (*repeats)[i]});
  }
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

// Tile-1 repeats one axis; both the count and the axis are numbers of the data's type.
Result<Ints> tile_1_repeats(const EvalContext& ctx, std::size_t rank) {
  const Tensor tiles = TRY(cast(ctx.input(1), DType::kInt64));
  const Tensor axis = TRY(cast(ctx.input(2), DType::kInt64));
  if (tiles.size() != 1 || axis.size() != 1) return ctx.fail("tiles and axis must be scalars");
  Ints repeats(rank, 1);
  repeats[TRY(normalize_axis(ctx, axis.data<std::int64_t>()[0], rank))] =
      tiles.data<std::int64_t>()[0];
  return repeats;
}

Status evaluate_tile(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const Ints repeats = ctx.version() < 6 ? TRY(tile_1_repeats(ctx, data.rank())) : TRY(ctx.ints(1));
  if (repeats.size() != data.rank()) {
    return ctx.fail(repeats.size(), " repeats for ", data.rank(), " dimensions");
  }
  Shape shape = data.shape();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (repeats[i] < 0 || __builtin_mul_overflow(shape[i], repeats[i], &shape[i])) {
      return ctx.fail("cannot repeat ", shape_text(data.shape()), ' ', shape_text(repeats),
                      " times");
    }
  }
  Tensor out = TRY(ctx.make(data.dtype(), shape));
  if (out.size() != 0) {
    std::vector<Ints> maps;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      Ints map(static_cast<std::size_t>(shape[i]));
      for (std::size_t at = 0; at < map.size(); ++at) {
        map[at] = static_cast<std::int64_t>(at) % data.dim(i);
      }
      maps.push_back(std::move(map));
    }
    copy_mapped(data, maps, out);
  }
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> expand_ops() {
  return {{.name = "Expand",
           .versions = {{8, "input: T, shape: int64 -> output: T | T = any"}},
           .infer = infer_expand,
           .evaluate = evaluate_expand},
          {.name = "Tile",
           .versions = {{1, "input: T, tiles: T, axis: T -> output: T | T = floats"},
                        {6, "input: T, repeats: T1 -> output: T | T = any, T1 = int64"}},
           .infer = infer_tile,
           .evaluate = evaluate_tile}};
}

}  // namespace slipway
