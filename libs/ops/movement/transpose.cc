#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/copy.h"
#include "ops/support/dims.h"

namespace slipway {
namespace {

Result<std::vector<std::size_t>> permutation(const NodeView& view, std::size_t rank) {
  const auto* perm = view.get_ints("perm");
  std::vector<std::size_t> axes;
  if (perm == nullptr) {
    for (std::size_t i = rank; i > 0; --i) axes.push_back(i - 1);
    return axes;
  }
  if (perm->size() != rank) {
    return view.fail("perm ", shape_text(*perm), " does not name each of the ", rank,
                     " dimensions of its input");
  }
  return normalize_axes(view, *perm, rank);
}

Status infer_transpose(InferContext& ctx) {
  const Dims* dims = ctx.dims(0);
  if (dims == nullptr) {
    const auto* perm = ctx.get_ints("perm");
    if (perm == nullptr || perm->size() > kMaxInferredRank) {
      set_unknown_shape(ctx);
    } else {
      ctx.set_output(0, ctx.dtype(0), unknown_dims(perm->size()));
    }
    return {};
  }
  const std::vector<std::size_t> axes = TRY(permutation(ctx, dims->size()));
  Dims out;
  for (const std::size_t axis : axes) out.push_back((*dims)[axis]);
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  pass_elements(ctx, 0, 0);
  return {};
}

Status evaluate_transpose(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const Strides strides = row_major_strides(data.shape());
  const std::vector<std::size_t> axes = TRY(permutation(ctx, data.rank()));
  Shape shape;
  Placement from;
  for (const std::size_t axis : axes) {
    shape.push_back(data.dim(axis));
    from.strides.push_back(strides[axis]);
  }
  Tensor out = TRY(ctx.make(data.dtype(), std::move(shape)));
  copy_from(data, from, out);
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> transpose_ops() {
  return {{.name = "Transpose",
           .versions = {{1, "data: T -> transposed: T | T = any", "perm ints"}},
           .infer = infer_transpose,
           .evaluate = evaluate_transpose}};
}

}  // namespace slipway
