#include "ops/quant/scale_layout.h"

#include <algorithm>

namespace slipway {
namespace {

Result<ScaleLayout> blocked_layout(const NodeView& view, const Shape& x, const Shape& scale,
                                   std::size_t axis, ScaleLayout layout) {
  const std::int64_t block = view.get_int("block_size", 0);
  if (block <= 0) {
    return view.fail("the scale ", shape_text(scale), " has the rank of x, and block_size is ",
                     block, ": set block_size, or give a scale of rank 0 or 1");
  }
  Shape want = x;
  want[axis] = x[axis] / block + (x[axis] % block != 0 ? 1 : 0);
  if (scale != want) {
    return view.fail("blocks of ", block, " along dimension ", axis, " of ", shape_text(x),
                     " need scales ", shape_text(want), ", given are ", shape_text(scale));
  }
  layout.block = static_cast<std::size_t>(block);
  layout.block_step = layout.inner;
  layout.outer_step = static_cast<std::size_t>(scale[axis]) * layout.inner;
  layout.inner_step = 1;
  return layout;
}

}  // namespace

Result<ScaleLayout> scale_layout(const NodeView& view, const Shape& x, const Shape& scale) {
  const std::size_t count = TRY(element_count(scale));
  const std::size_t elements = TRY(element_count(x));
  ScaleLayout layout;
  if (count == 1 && scale.size() <= 1) {
    layout.inner = elements;
    return layout;
  }
  // A single dimension needs no axis to be named.
  const std::int64_t given = x.size() == 1 ? 0 : view.get_int("axis", 1);
  const std::size_t axis = TRY(normalize_axis(view, given, x.size()));
  for (std::size_t d = 0; d < x.size(); ++d) {
    (d < axis    ? layout.outer
     : d == axis ? layout.length
                 : layout.inner) *= static_cast<std::size_t>(x[d]);
  }
  if (elements == 0) layout.outer = 0;  // one of the other two may be any number
  const bool is_blocked = view.get_int("block_size", 0) != 0 || scale.size() > 1;
  if (is_blocked && scale.size() == x.size()) return blocked_layout(view, x, scale, axis, layout);
  if (scale.size() != 1 || scale[0] != x[axis]) {
    return view.fail("the scale ", shape_text(scale), " does not fit x ", shape_text(x),
                     ": it must be one number, or [", x[axis], "] for dimension ", axis);
  }
  layout.block_step = 1;
  return layout;
}

Status check_zero_point(const NodeView& view, const Shape& scale, const Shape& zero_point) {
  if (zero_point == scale) return {};
  const auto is_one = [](const Shape& shape) {
    return shape.size() <= 1 &&
           std::all_of(shape.begin(), shape.end(), [](std::int64_t d) { return d == 1; });
  };
  if (is_one(scale) && is_one(zero_point)) return {};
  return view.fail("the zero point is ", shape_text(zero_point), " and the scale ",
                   shape_text(scale), ": both must have one shape");
}

}  // namespace slipway
