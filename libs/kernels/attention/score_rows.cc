#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention/score_rows.cc"
#include "kernels/attention/score_rows.h"

#include <algorithm>
#include <cmath>

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
#include "kernels/simd/lanes-inl.h"
#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

template <AttentionScale kScaling>
HWY_INLINE F32x16 scaled(F32x16 x, F32x16 scale) {
  if constexpr (kScaling == AttentionScale::kMultiply) return mul(x, scale);
  if constexpr (kScaling == AttentionScale::kDivide) return div(x, scale);
  return x;
}

// One row of scores; `open` keys from the first may be looked at.
struct Row {
  float* score;
  std::size_t keys;
  std::size_t open;
  const float* mask;
  std::size_t mask_step;
};

// What is added to scores i .. i + count: the mask, -infinity for keys that are closed.
HWY_INLINE F32x16 bias_at(const Row& row, std::size_t i, std::size_t count) {
  F32x16 bias = zero();
  if (row.mask != nullptr) {
    bias = row.mask_step == 0 ? set(row.mask[0]) : load_first(row.mask + i, count);
  }
  if (row.open >= i + count) return bias;
  const std::size_t open = row.open > i ? row.open - i : 0;
  return select(first_lanes(open), bias, set(-HUGE_VALF));
}

template <AttentionScale kScaling>
HWY_INLINE F32x16 biased(const AttentionSpec& shape, const Row& row, std::size_t i,
                         std::size_t count) {
  F32x16 x = scaled<kScaling>(load_first(row.score + i, count), set(shape.scale));
  if (shape.softcap > 0) {
    const F32x16 cap = set(shape.softcap);
    x = mul(tanh(div(x, cap)), cap);
  }
  const bool is_biased = row.mask != nullptr || row.open < i + count;
  return is_biased ? add(x, bias_at(row, i, count)) : x;
}

// Writes the scores that the softmax is of; one of the greatest.
template <AttentionScale kScaling>
HWY_INLINE float bias_row(const AttentionSpec& shape, const Row& row) {
  F32x16 greatest = set(-HUGE_VALF);
  std::size_t i = 0;
  for (; i + kWide <= row.keys; i += kWide) {
    const F32x16 x = biased<kScaling>(shape, row, i, kWide);
    store(x, row.score + i);
    greatest = any_greater(greatest, x);
  }
  if (i < row.keys) {
    const std::size_t count = row.keys - i;
    const F32x16 x = biased<kScaling>(shape, row, i, count);
    store_first(x, row.score + i, count);
    greatest = select(first_lanes(count), any_greater(greatest, x), greatest);
  }
  return any_greatest_lane(greatest);
}

// Whether any key may be looked at: the mask, not the score, decides.
HWY_INLINE bool is_open(const Row& row) {
  if (row.mask == nullptr) return row.open != 0;
  const std::size_t count = row.mask_step == 0 ? std::min<std::size_t>(row.open, 1) : row.open;
  for (std::size_t j = 0; j < count; ++j) {
    if (row.mask[j] != -HUGE_VALF) return true;
  }
  return false;
}

HWY_INLINE std::size_t open_keys(const AttentionSpec& shape, std::size_t query) {
  if (!shape.is_causal) return shape.keys;
  const std::ptrdiff_t open = static_cast<std::ptrdiff_t>(query) + shape.causal_offset + 1;
  return open <= 0 ? 0 : std::min(static_cast<std::size_t>(open), shape.keys);
}

HWY_INLINE Row row_of(const AttentionSpec& shape, const ScoreRows& rows, std::size_t r) {
  const std::ptrdiff_t step = static_cast<std::ptrdiff_t>(r) * shape.mask.row;
  return {rows.scores + r * rows.stride, shape.keys, open_keys(shape, rows.first_query + r),
          rows.mask == nullptr ? nullptr : rows.mask + step,
          static_cast<std::size_t>(shape.mask.column)};
}

// Whether every score is only scaled, by a factor that keeps their order: then the greatest is the
// scaled greatest, and scores are scaled as they are read.
HWY_INLINE bool is_plain(const AttentionSpec& shape, const ScoreRows& rows) {
  return rows.mask == nullptr && !shape.is_causal && !(shape.softcap > 0) && shape.scale > 0 &&
         shape.scale < HUGE_VALF;
}

// The exponentials of a row's scaled scores less the greatest; their sum.
template <AttentionScale kScaling>
HWY_INLINE float scaled_exponentials(float* x, std::size_t n, float factor, float greatest) {
  const F32x16 scale = set(factor);
  const F32x16 shift = set(greatest);
  F32x16 lane = zero();
  std::size_t i = 0;
  for (; kAbreast != 1 && i + kAbreast * kWide <= n; i += kAbreast * kWide) {
    F32x16 e[kAbreast];
    HWY_UNROLL(4)
    for (std::size_t u = 0; u < kAbreast; ++u)
      e[u] = sub(scaled<kScaling>(load(x + i + u * kWide), scale), shift);
    HWY_UNROLL(4)
    for (std::size_t u = 0; u < kAbreast; ++u) e[u] = falling_exp(e[u]);
    HWY_UNROLL(4)
    for (std::size_t u = 0; u < kAbreast; ++u) {
      lane = add(lane, e[u]);
      store(e[u], x + i + u * kWide);
    }
  }
  for (; i < n; i += kWide) {
    const std::size_t count = n - i < kWide ? n - i : kWide;
    const F32x16 e = falling_exp(sub(scaled<kScaling>(load_first(x + i, count), scale), shift));
    lane = select(first_lanes(count), add(lane, e), lane);
    store_first(e, x + i, count);
  }
  return sum_lanes(lane);
}

template <AttentionScale kScaling>
HWY_INLINE float scaled_greatest(const float* x, std::size_t n, float scale) {
  const float greatest = any_greatest(x, n);
  if constexpr (kScaling == AttentionScale::kMultiply) return greatest * scale;
  if constexpr (kScaling == AttentionScale::kDivide) return greatest / scale;
  return greatest;
}

// Rows go through each step together, so that the ends of one row overlap the next.
constexpr std::size_t kTogether = 12;

template <AttentionScale kScaling>
HWY_INLINE void weigh_plain(const AttentionSpec& shape, const ScoreRows& rows) {
  for (std::size_t first = 0; first < rows.rows; first += kTogether) {
    const std::size_t count = std::min(kTogether, rows.rows - first);
    float* const score = rows.scores + first * rows.stride;
    float factor[kTogether];
    for (std::size_t r = 0; r < count; ++r) {
      factor[r] = scaled_greatest<kScaling>(score + r * rows.stride, shape.keys, shape.scale);
    }
    for (std::size_t r = 0; r < count; ++r) {
      factor[r] = 1.0F / scaled_exponentials<kScaling>(score + r * rows.stride, shape.keys,
                                                       shape.scale, factor[r]);
    }
    for (std::size_t r = 0; r < count; ++r)
      multiply_row(score + r * rows.stride, shape.keys, factor[r]);
  }
}

template <AttentionScale kScaling>
HWY_INLINE void weigh_rows(const AttentionSpec& shape, const ScoreRows& rows) {
  if (is_plain(shape, rows)) return weigh_plain<kScaling>(shape, rows);
  for (std::size_t first = 0; first < rows.rows; first += kTogether) {
    const std::size_t count = std::min(kTogether, rows.rows - first);
    float factor[kTogether];
    for (std::size_t r = 0; r < count; ++r) {
      factor[r] = bias_row<kScaling>(shape, row_of(shape, rows, first + r));
    }
    float* score = rows.scores + first * rows.stride;
    for (std::size_t r = 0; r < count; ++r, score += rows.stride) {
      factor[r] = 1.0F / exponentials(score, score, shape.keys, factor[r]);
    }
    score = rows.scores + first * rows.stride;
    for (std::size_t r = 0; r < count; ++r, score += rows.stride) {
      if (shape.closes_rows && !is_open(row_of(shape, rows, first + r))) {
        std::fill_n(score, shape.keys, 0.0F);
      } else {
        multiply_row(score, shape.keys, factor[r]);
      }
    }
  }
}

void weigh(const AttentionSpec& shape, const ScoreRows& rows) {
  switch (shape.scaling) {
    case AttentionScale::kNone:
      return weigh_rows<AttentionScale::kNone>(shape, rows);
    case AttentionScale::kMultiply:
      return weigh_rows<AttentionScale::kMultiply>(shape, rows);
    case AttentionScale::kDivide:
      return weigh_rows<AttentionScale::kDivide>(shape, rows);
  }
}

constexpr ScoreKernels kTable = {weigh};

}  // namespace
const ScoreKernels& score_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(ScoreKernels, score_kernels, score_table)
}  // namespace slipway
#endif
