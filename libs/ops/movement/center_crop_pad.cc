#include <algorithm>

#include "ops/eval_context.h"
#include "ops/op.h"
#include "ops/support/copy.h"
#include "ops/support/dims.h"

namespace slipway {
namespace {

Result<std::vector<std::size_t>> read_axes(const NodeView& view, std::size_t rank,
                                           std::size_t sizes) {
  std::vector<std::size_t> axes;
  if (const auto* stated = view.get_ints("axes")) {
    axes = TRY(normalize_axes(view, *stated, rank));
  } else {
    for (std::size_t i = 0; i < rank; ++i) axes.push_back(i);
  }
  if (axes.size() != sizes) {
    return view.fail("the shape names ", sizes, " dimensions for ", axes.size(), " axes");
  }
  return axes;
}

Status infer_center_crop_pad(InferContext& ctx) {
  const Dims* dims = ctx.dims(0);
  set_unknown_shape(ctx);
  if (dims == nullptr) return {};
  const std::optional<Dims> sizes = TRY(shape_from_input(ctx, 1));
  if (!sizes.has_value()) {
    ctx.set_output(0, ctx.dtype(0), unknown_dims(dims->size()));
    return {};
  }
  const std::vector<std::size_t> axes = TRY(read_axes(ctx, dims->size(), sizes->size()));
  Dims out = *dims;
  for (std::size_t i = 0; i < axes.size(); ++i) out[axes[i]] = (*sizes)[i];
  ctx.set_output(0, ctx.dtype(0), std::move(out));
  return {};
}

Status evaluate_center_crop_pad(EvalContext& ctx) {
  const Tensor& data = ctx.input(0);
  const std::vector<std::int64_t> sizes = TRY(ctx.ints(1));
  const std::vector<std::size_t> axes = TRY(read_axes(ctx, data.rank(), sizes.size()));
  Shape shape = data.shape();
  for (std::size_t i = 0; i < axes.size(); ++i) shape[axes[i]] = sizes[i];
  Tensor out = TRY(ctx.make(data.dtype(), shape));
  Placement from{0, row_major_strides(data.shape())};
  Placement to{0, row_major_strides(shape)};
  Shape common = shape;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const std::int64_t difference = shape[d] - data.dim(d);
    common[d] = std::min(shape[d], data.dim(d));
    if (difference > 0) to.offset += difference / 2 * to.strides[d];
    if (difference < 0) from.offset += -difference / 2 * from.strides[d];
  }
  if (out.size() != 0 && data.size() != 0) copy_strided(data, from, out, to, common);
  ctx.set_output(0, std::move(out));
  return {};
}

}  // namespace

std::vector<Op> center_crop_pad_ops() {
  return {{.name = "CenterCropPad",
           .versions = {{18,
                         "input_data: T, shape: Tind -> output_data: T | T = any, "
                         "Tind = int32 int64",
                         "axes ints"}},
           .infer = infer_center_crop_pad,
           .evaluate = evaluate_center_crop_pad}};
}

}  // namespace slipway
