// The bias of Attention: attn_mask, causality, window and padding as one row a query.
#pragma once

#include <vector>

#include "ops/eval_context.h"
#include "ops/nn/attention_heads.h"

namespace slipway {

struct AttentionMask {
  Tensor mask;  // bool, or of the computation's type; no elements: none
  bool is_bool = false;
  Shape shape;  // of the mask, filled up with ones to four axes
  bool is_causal = false;
  std::int64_t left = -1;  // window; -1: open
  std::int64_t right = -1;
  std::vector<std::int64_t> valid;   // keys that are not padding, of each batch item; empty: all
  std::vector<std::int64_t> offset;  // keys before the first query, of each batch item

  // Bias of query i of head h of batch item b, 0 or -infinity without a numeric mask. False where
  // no key is allowed.
  bool fill_row(std::int64_t b, std::int64_t h, std::int64_t i, std::span<float> row) const;
  bool fill_row(std::int64_t b, std::int64_t h, std::int64_t i, std::span<double> row) const;
};

// `past` keys come before those of the input; `shape` has them all.
Result<AttentionMask> read_attention_mask(const EvalContext& ctx, const AttentionShape& shape,
                                          std::int64_t past, DType dtype);

}  // namespace slipway
