// Queries, keys and values as heads: what Attention and FlexAttention share.
#pragma once

#include "kernels/numeric/dot.h"
#include "ops/eval_context.h"

namespace slipway {

// Where head h of batch item b lies in a tensor [B, H, S, D] or [B, S, H * D].
struct HeadLayout {
  std::int64_t batch = 0, heads = 0, length = 0, width = 0;
  std::int64_t batch_step = 0, head_step = 0, row_step = 0;

  std::int64_t at(std::int64_t b, std::int64_t h) const { return b * batch_step + h * head_step; }
};

// `heads` is needed for three axes. Fails where the shape does not divide into heads.
Result<HeadLayout> head_layout(const NodeView& view, std::string_view what, const Shape& shape,
                               std::int64_t heads);

struct AttentionShape {
  HeadLayout q, k, v;
  std::int64_t group = 1;  // query heads that share a key head
};

// Checks that heads, lengths and widths fit each other.
Status check_attention(const NodeView& view, AttentionShape& shape);

// scores = (q k^T) * scale for one head: one chain along the width, one row a query.
template <typename T>
void attention_scores(const HeadLayout& q, const HeadLayout& k, const T* q_head, const T* k_head,
                      T scale, T* scores) {
  numeric::gemm_in_chains(
      static_cast<std::size_t>(q.length), static_cast<std::size_t>(k.length),
      static_cast<std::size_t>(q.width), 1, numeric::Matrix<const T>{q_head, q.row_step, 1},
      numeric::Matrix<const T>{k_head, 1, k.row_step}, numeric::Matrix<T>{scores, k.length, 1});
  for (std::int64_t i = 0; i < q.length * k.length; ++i) scores[i] *= scale;
}

// y = p v for one head: one chain along the keys.
template <typename T>
void attention_values(const HeadLayout& q, const HeadLayout& v, const T* p, const T* v_head,
                      T* y_head, std::int64_t y_row_step) {
  numeric::gemm_in_chains(
      static_cast<std::size_t>(q.length), static_cast<std::size_t>(v.width),
      static_cast<std::size_t>(v.length), 1, numeric::Matrix<const T>{p, v.length, 1},
      numeric::Matrix<const T>{v_head, v.row_step, 1}, numeric::Matrix<T>{y_head, y_row_step, 1});
}

}  // namespace slipway
