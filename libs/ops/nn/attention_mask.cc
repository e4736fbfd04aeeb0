#include "ops/nn/attention_mask.h"

#include <limits>

#include "tensor/convert.h"

namespace slipway {
namespace {

constexpr std::int64_t kMaxWindow = std::int64_t{1} << 40;

Status read_mask_tensor(const EvalContext& ctx, const AttentionShape& shape, DType dtype,
                        AttentionMask& out) {
  const Tensor& given = ctx.input(3);
  out.is_bool = given.dtype() == DType::kBool;
  out.mask = out.is_bool ? given : TRY(cast(given, dtype));
  out.shape = given.shape();
  if (out.shape.size() > 4) return ctx.fail("attn_mask has rank ", out.shape.size(), ", at most 4");
  while (out.shape.size() < 4) out.shape.insert(out.shape.begin(), 1);
  const Shape wanted = {shape.q.batch, shape.q.heads, shape.q.length, shape.k.length};
  for (std::size_t axis = 0; axis < 4; ++axis) {
    const bool may_be_short = axis == 3 && out.shape[axis] < wanted[axis];
    if (out.shape[axis] != wanted[axis] && out.shape[axis] != 1 && !may_be_short) {
      return ctx.fail("attn_mask has shape ", shape_text(given.shape()),
                      ", which does not repeat to the scores' ", shape_text(wanted));
    }
  }
  return {};
}

template <typename T>
bool fill(const AttentionMask& mask, std::int64_t b, std::int64_t h, std::int64_t i,
          std::span<T> row) {
  constexpr T kNever = -std::numeric_limits<T>::infinity();
  const std::int64_t count = static_cast<std::int64_t>(row.size());
  const Shape& s = mask.shape;
  const std::int64_t start =
      s.empty()
          ? 0
          : (((s[0] == 1 ? 0 : b) * s[1] + (s[1] == 1 ? 0 : h)) * s[2] + (s[2] == 1 ? 0 : i)) *
                s[3];
  const std::int64_t position = i + mask.offset[static_cast<std::size_t>(b)];
  const std::int64_t valid = mask.valid.empty() ? count : mask.valid[static_cast<std::size_t>(b)];
  bool is_any = false;
  for (std::int64_t j = 0; j < count; ++j) {
    bool is_allowed = j < valid && (!mask.is_causal || j <= position) &&
                      (mask.left < 0 || j >= position - mask.left) &&
                      (mask.right < 0 || j <= position + mask.right);
    T bias = 0;
    if (!s.empty()) {
      const bool is_one = s[3] == 1 && count != 1;  // one element for all keys
      is_allowed = is_allowed && (is_one || j < s[3]);
      if (is_allowed) {
        const std::size_t at = static_cast<std::size_t>(start + (is_one ? 0 : j));
        if (mask.is_bool) {
          is_allowed = mask.mask.data<bool>()[at];
        } else {
          bias = mask.mask.data<T>()[at];
        }
      }
    }
    row[static_cast<std::size_t>(j)] = is_allowed ? bias : kNever;
    is_any = is_any || (is_allowed && bias != kNever);
  }
  return is_any;
}

}  // namespace

bool AttentionMask::fill_row(std::int64_t b, std::int64_t h, std::int64_t i,
                             std::span<float> row) const {
  return fill(*this, b, h, i, row);
}

bool AttentionMask::fill_row(std::int64_t b, std::int64_t h, std::int64_t i,
                             std::span<double> row) const {
  return fill(*this, b, h, i, row);
}

Result<AttentionMask> read_attention_mask(const EvalContext& ctx, const AttentionShape& shape,
                                          std::int64_t past, DType dtype) {
  AttentionMask out;
  if (ctx.has_input(3)) TRY(read_mask_tensor(ctx, shape, dtype, out));
  out.is_causal = ctx.get_int("is_causal", 0) != 0;
  out.left = std::min(ctx.get_int("left_window_size", -1), kMaxWindow);
  out.right = std::min(ctx.get_int("right_window_size", -1), kMaxWindow);
  if (out.left < -1 || out.right < -1) {
    return ctx.fail("left_window_size is ", out.left, " and right_window_size ", out.right,
                    ": they must be -1 or more");
  }
  if (ctx.input(0).size() == 0) return out;
  out.offset.assign(static_cast<std::size_t>(shape.q.batch), past);
  if (ctx.has_input(6)) {
    out.valid = TRY(ctx.ints(6));
    if (out.valid.size() != out.offset.size()) {
      return ctx.fail("nonpad_kv_seqlen has ", out.valid.size(), " entries for a batch of ",
                      shape.q.batch);
    }
    for (std::size_t b = 0; b < out.valid.size(); ++b) {
      if (out.valid[b] < 0 || out.valid[b] > shape.k.length) {
        return ctx.fail("nonpad_kv_seqlen holds ", out.valid[b], ", there are ", shape.k.length,
                        " keys");
      }
      out.offset[b] = out.valid[b] - shape.q.length;
    }
  }
  return out;
}

}  // namespace slipway
