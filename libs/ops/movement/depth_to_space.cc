// DepthToSpace and SpaceToDepth: a reshape to six dimensions, a transpose and a reshape.
#include <limits>

#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/copy.h"
#include "ops/support/dims.h"

namespace slipway {
namespace {

// blocksize, positive and with a square that fits.
Result<std::int64_t> block_size(const NodeView& view) {
  const std::int64_t block = view.get_int("blocksize", 0);
  if (block < 1 || block > std::numeric_limits<std::int32_t>::max()) {
    return view.fail("blocksize ", block, " must be a small positive number");
  }
  return block;
}

Result<bool> column_row_depth(const NodeView& view) {
  const std::string mode = view.get_string("mode", "DCR");
  if (mode != "DCR" && mode != "CRD")
    return view.fail("mode \"", mode, "\" is neither DCR nor CRD");
  return mode == "CRD";
}

Dim divided(const Dim& dim, std::int64_t by) { return quotient({dim}, {Dim(by)}); }

Error indivisible(const NodeView& view, std::int64_t block) {
  return view.fail("its input must be [N,C,H,W] with dimensions that blocksize ", block,
                   " divides");
}

Status infer_depth_to_space(InferContext& ctx) {
  const std::int64_t block = TRY(block_size(ctx));
  Dims out(4);
  if (const Dims* dims = ctx.dims(0)) {
    const std::int64_t area = block * block;
    if (dims->size() != 4 || ((*dims)[1].is_known() && (*dims)[1].extent() % area != 0)) {
      return indivisible(ctx, block);
    }
    out = {(*dims)[0], divided((*dims)[1], area), scale((*dims)[2], block),
           scale((*dims)[3], block)};
  }
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

Status infer_space_to_depth(InferContext& ctx) {
  const std::int64_t block = TRY(block_size(ctx));
  Dims out(4);
  if (const Dims* dims = ctx.dims(0)) {
    if (dims->size() != 4) return indivisible(ctx, block);
    for (const Dim& side : {(*dims)[2], (*dims)[3]}) {
      if (side.is_known() && side.extent() % block != 0) return indivisible(ctx, block);
    }
    out = {(*dims)[0], scale((*dims)[1], block * block), divided((*dims)[2], block),
           divided((*dims)[3], block)};
  }
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

Status evaluate_depth_to_space(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const std::int64_t b = TRY(block_size(ctx));
  const bool depth_last = TRY(column_row_depth(ctx));
  if (data.rank() != 4 || data.dim(1) % (b * b) != 0) return indivisible(ctx, b);
  const std::int64_t n = data.dim(0), c = data.dim(1) / (b * b), h = data.dim(2), w = data.dim(3);
  Shape shape{n, c, h, w};
  if (__builtin_mul_overflow(h, b, &shape[2]) || __builtin_mul_overflow(w, b, &shape[3])) {
    return ctx.fail("blocksize ", b, " is too much for ", shape_text(data.shape()));
  }
  Tensor out = TRY(ctx.make(data.dtype(), std::move(shape)));
  if (out.size() != 0) {
    // Walks the output as [n, c, h, block row, w, block column].
    const Strides in = row_major_strides(data.shape());
    const std::int64_t channel = in[1] * (depth_last ? b * b : 1);
    const std::int64_t row = in[1] * (depth_last ? b : b * c);
    const std::int64_t column = in[1] * (depth_last ? 1 : c);
    const Shape walk{n, c, h, b, w, b};
    copy_strided(data, {0, {in[0], channel, in[2], row, in[3], column}}, out,
                 {0, row_major_strides(walk)}, walk);
  }
  ctx.set_output(0, std::move(out));
  return {};
}

Status evaluate_space_to_depth(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const std::int64_t b = TRY(block_size(ctx));
  const bool depth_last = TRY(column_row_depth(ctx));
  if (data.rank() != 4 || data.dim(2) % b != 0 || data.dim(3) % b != 0) return indivisible(ctx, b);
  const std::int64_t n = data.dim(0), c = data.dim(1), h = data.dim(2) / b, w = data.dim(3) / b;
  Shape shape{n, c, h, w};
  if (__builtin_mul_overflow(c, b * b, &shape[1])) {
    return ctx.fail("blocksize ", b, " is too much for ", shape_text(data.shape()));
  }
  Tensor out = TRY(ctx.make(data.dtype(), shape));
  if (out.size() != 0) {
    // Walks the input as [n, c, h, block row, w, block column].
    const Strides to = row_major_strides(shape);
    const std::int64_t channel = to[1] * (depth_last ? b * b : 1);
    const std::int64_t row = to[1] * (depth_last ? b : b * c);
    const std::int64_t column = to[1] * (depth_last ? 1 : c);
    const Shape walk{n, c, h, b, w, b};
    copy_strided(data, {0, row_major_strides(walk)}, out,
                 {0, {to[0], channel, to[2], row, to[3], column}}, walk);
  }
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> depth_to_space_ops() {
  return {{.name = "DepthToSpace",
           .versions = {{1, "input: T -> output: T | T = any", "blocksize int!"},
                        {11, "input: T -> output: T | T = any", "blocksize int!, mode string"}},
           .infer = infer_depth_to_space,
           .evaluate = evaluate_depth_to_space},
          {.name = "SpaceToDepth",
           .versions = {{1, "input: T -> output: T | T = any", "blocksize int!"},
                        {28, "input: T -> output: T | T = any", "blocksize int!, mode string"}},
           .infer = infer_space_to_depth,
           .evaluate = evaluate_space_to_depth}};
}

}  // namespace slipway
