#include "ops/math/binary.h"

namespace slipway {
namespace {

constexpr int kNumpyBroadcasting = 7;  // the first opset with it

// Where B's dimensions stand in A's before opset 7: at `axis`, or last. `rank` many, ones around.
Result<std::size_t> legacy_axis(const NodeView& view, std::size_t a_rank, std::size_t b_rank) {
  if (b_rank > a_rank) {
    return view.fail("B has rank ", b_rank, " and A rank ", a_rank,
                     ": before opset 7 only B is stretched, swap the inputs or raise the opset");
  }
  if (!view.has_attribute("axis")) return a_rank - b_rank;
  std::int64_t axis = view.get_int("axis", 0);
  if (axis < 0) axis += static_cast<std::int64_t>(a_rank);
  if (axis < 0 || static_cast<std::size_t>(axis) > a_rank - b_rank) {
    return view.fail("axis ", view.get_int("axis", 0), " leaves no room for the ", b_rank,
                     " dimensions of B in the ", a_rank, " of A");
  }
  return static_cast<std::size_t>(axis);
}

Status infer_legacy(InferContext& ctx, DType dtype) {
  const Dims* a = ctx.dims(0);
  if (a == nullptr) {
    ctx.set_output(0, dtype);
    return {};
  }
  ctx.set_output(0, dtype, *a);
  const Dims* b = ctx.dims(1);
  if (b == nullptr) return {};
  const bool stretches = ctx.get_flag("broadcast", false);
  const std::size_t axis = stretches ? TRY(legacy_axis(ctx, a->size(), b->size())) : 0;
  if (!stretches && a->size() != b->size()) {
    return ctx.fail("A has rank ", a->size(), " and B rank ", b->size(),
                    ": before opset 7 shapes must be equal unless broadcast is 1");
  }
  for (std::size_t i = 0; i < b->size(); ++i) {
    const Dim& x = (*a)[axis + i];
    const Dim& y = (*b)[i];
    if (!x.is_known() || !y.is_known() || x == y || (stretches && y.extent() == 1)) continue;
    return ctx.fail("dimension ", axis + i, " of A is ", x.extent(), " where B has ", y.extent(),
                    ": make them equal");
  }
  return {};
}

Status infer_binary_as(InferContext& ctx, DType dtype) {
  if (ctx.version() < kNumpyBroadcasting) return infer_legacy(ctx, dtype);
  const Dims* a = ctx.dims(0);
  const Dims* b = ctx.dims(1);
  if (a == nullptr || b == nullptr) {
    ctx.set_output(0, dtype);
    return {};
  }
  Result<Dims> dims = broadcast(*a, *b);
  if (!dims.ok()) return ctx.fail(dims.error().message);
  ctx.set_output(0, dtype, *std::move(dims));
  return {};
}

}  // namespace

Status infer_binary(InferContext& ctx) { return infer_binary_as(ctx, ctx.dtype(0)); }
Status infer_binary_bool(InferContext& ctx) { return infer_binary_as(ctx, DType::kBool); }

Result<BroadcastLoop> plan_binary(const EvalContext& ctx) {
  const Shape& a = ctx.input(0).shape();
  Shape b = ctx.input(1).shape();
  if (ctx.version() < kNumpyBroadcasting) {
    if (ctx.get_flag("broadcast", false)) {
      const std::size_t axis = TRY(legacy_axis(ctx, a.size(), b.size()));
      b.resize(a.size() - axis, 1);
    } else if (a != b) {
      return ctx.fail("A is ", shape_text(a), " and B ", shape_text(b),
                      ": before opset 7 shapes must be equal unless broadcast is 1");
    }
  }
  const Shape shapes[] = {a, b};
  Result<BroadcastLoop> loop = plan_broadcast(shapes);
  if (!loop.ok()) return ctx.fail(loop.error().message);
  if (ctx.version() < kNumpyBroadcasting && loop->shape != a) {
    return ctx.fail("B ", shape_text(ctx.input(1).shape()), " does not stretch to A ",
                    shape_text(a));
  }
  return loop;
}

Status evaluate_binary(EvalContext& ctx, BinaryRun run) {
  const Tensor a = TRY(widened(ctx, 0));
  const Tensor b = TRY(widened(ctx, 1));
  const DType dtype = ctx.input(0).dtype();
  if (dtype != ctx.input(1).dtype()) {
    return ctx.fail("the inputs are ", name(dtype), " and ", name(ctx.input(1).dtype()),
                    ": both must have one type, insert a Cast");
  }
  const BroadcastLoop loop = TRY(plan_binary(ctx));
  Tensor out = TRY(ctx.make(a.dtype(), loop.shape));
  run(loop, a, b, out);
  return set_narrowed(ctx, 0, std::move(out), dtype);
}

}  // namespace slipway
