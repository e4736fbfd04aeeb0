#include "ops/support/parts.h"

#include "ops/support/copy.h"

namespace slipway {

std::vector<std::int64_t> parts_of(std::int64_t extent, std::int64_t size) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(extent / size), size);
  if (extent % size != 0) sizes.push_back(extent % size);
  return sizes;
}

Status check_parts(const NodeView& view, const std::vector<std::int64_t>& sizes,
                   std::int64_t extent) {
  std::int64_t sum = 0;
  bool valid = true;
  for (const std::int64_t size : sizes) {
    valid = valid && size >= 0 && !__builtin_add_overflow(sum, size, &sum);
  }
  if (!valid || sum != extent) {
    return view.fail("the parts ", shape_text(sizes), " do not add up to the ", extent,
                     " elements of the axis that is split");
  }
  return {};
}

Result<Tensor> cut(const EvalContext& ctx, const Tensor& data, std::size_t axis, std::int64_t start,
                   std::int64_t extent) {
  Shape shape = data.shape();
  shape[axis] = extent;
  Tensor part = TRY(ctx.make(data.dtype(), std::move(shape)));
  if (part.size() == 0) return part;
  const Strides strides = row_major_strides(data.shape());
  copy_from(data, {start * strides[axis], strides}, part);
  return part;
}

}  // namespace slipway
