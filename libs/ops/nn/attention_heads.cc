#include "ops/nn/attention_heads.h"

namespace slipway {

Result<HeadLayout> head_layout(const NodeView& view, std::string_view what, const Shape& shape,
                               std::int64_t heads) {
  HeadLayout layout;
  if (shape.size() == 4) {
    layout = {shape[0], shape[1], shape[2], shape[3]};
    const bool is_empty = shape[0] == 0 || shape[1] == 0 || shape[2] == 0 || shape[3] == 0;
    layout.row_step = shape[3];
    layout.head_step = is_empty ? 0 : shape[2] * shape[3];
    layout.batch_step = is_empty ? 0 : shape[1] * layout.head_step;
    return layout;
  }
  if (shape.size() != 3) {
    return view.fail(
        what, " has shape ", shape_text(shape),
        "; it must be [batch, heads, length, width] or [batch, length, heads * width]");
  }
  if (heads < 1 || shape[2] % heads != 0) {
    return view.fail(what, " has rows of ", shape[2], " elements for ", heads,
                     " heads: give q_num_heads and kv_num_heads that divide them");
  }
  layout = {shape[0], heads, shape[1], shape[2] / heads};
  layout.row_step = shape[2];
  layout.head_step = layout.width;
  const bool is_empty = shape[0] == 0 || shape[1] == 0 || shape[2] == 0;
  layout.batch_step = is_empty ? 0 : shape[1] * shape[2];
  return layout;
}

Status check_attention(const NodeView& view, AttentionShape& shape) {
  if (shape.q.batch != shape.k.batch || shape.q.batch != shape.v.batch) {
    return view.fail("Q, K and V have batches of ", shape.q.batch, ", ", shape.k.batch, " and ",
                     shape.v.batch, ": they must be equal");
  }
  if (shape.q.width != shape.k.width) {
    return view.fail("a query has ", shape.q.width, " elements, a key ", shape.k.width,
                     ": they must be equal");
  }
  if (shape.k.length != shape.v.length || shape.k.heads != shape.v.heads) {
    return view.fail("K has ", shape.k.heads, " heads of ", shape.k.length, " keys, V ",
                     shape.v.heads, " of ", shape.v.length, ": they must be equal");
  }
  if (shape.k.heads < 1 || shape.q.heads % shape.k.heads != 0) {
    return view.fail("there are ", shape.q.heads, " query heads for ", shape.k.heads,
                     " key heads: the first must be a multiple of the second");
  }
  shape.group = shape.q.heads / shape.k.heads;
  return {};
}

}  // namespace slipway
