#include "kernels/attention/attention.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <memory>
#include <new>
#include <vector>

#include "kernels/numeric/dot.h"
#include "kernels/numeric/float_math.h"
#include "kernels/numeric/reduce.h"

namespace slipway {
namespace {

struct AlignedFloats {
  explicit AlignedFloats(std::size_t count)
      : data(static_cast<float*>(::operator new (count * 4 + 64, std::align_val_t{64}))) {
    std::fill_n(data, count, NAN);
  }
  ~AlignedFloats() { ::operator delete (data, std::align_val_t{64}); }
  AlignedFloats(const AlignedFloats&) = delete;
  AlignedFloats& operator=(const AlignedFloats&) = delete;

  float* data;
};

float number(std::size_t i) {
  return static_cast<float>((i * 2654435761U) % 4001) / 1000.0F - 2.0F;
}

enum class Mask { kNone, kFull, kRow, kClosed };

struct Row {
  const char* name;
  std::size_t batch, heads, group, queries, keys, width, value_width;
  bool is_operator = false;  // one chain
  AttentionScale scaling = AttentionScale::kMultiply;
  Mask mask = Mask::kNone;
  bool is_causal = false;
  std::ptrdiff_t causal_offset = 0;
  float softcap = 0;
};

constexpr AttentionScale kTimes = AttentionScale::kMultiply;

const Row kRows[] = {
    {"one of each", 1, 1, 1, 1, 1, 1, 1},
    {"transformer", 1, 3, 1, 50, 197, 64, 64, false, AttentionScale::kDivide},
    {"transformer operator", 1, 2, 1, 50, 197, 64, 64, true},
    {"few keys", 2, 2, 1, 7, 5, 33, 17, false, AttentionScale::kNone, Mask::kFull},
    {"few values", 1, 2, 1, 19, 70, 64, 5, false, kTimes, Mask::kRow},
    {"32 keys", 1, 1, 1, 13, 32, 16, 32, false, kTimes, Mask::kRow},
    {"grouped", 2, 4, 2, 5, 18, 8, 24, true, kTimes, Mask::kFull},
    {"causal", 1, 2, 1, 40, 40, 16, 16, true, kTimes, Mask::kNone, true},
    {"causal with a past", 1, 2, 1, 3, 40, 16, 16, true, kTimes, Mask::kFull, true, 37},
    {"closed rows", 1, 2, 1, 9, 20, 16, 16, true, kTimes, Mask::kClosed, true, -4},
    {"softcap", 1, 2, 1, 9, 35, 16, 16, true, kTimes, Mask::kFull, false, 0, 1.5F},
};

AttentionSpec shape_of(const Row& row) {
  AttentionSpec s;
  s.batch = row.batch;
  s.heads = row.heads;
  s.group = row.group;
  s.queries = row.queries;
  s.keys = row.keys;
  s.width = row.width;
  s.value_width = row.value_width;
  const auto set = [](HeadStrides& strides, std::size_t heads, std::size_t rows,
                      std::size_t width) {
    strides.row = static_cast<std::ptrdiff_t>(heads * width);
    strides.head = static_cast<std::ptrdiff_t>(width);
    strides.batch = static_cast<std::ptrdiff_t>(heads * width * rows);
  };
  set(s.q, row.heads, row.queries, row.width);
  set(s.k, row.heads / row.group, row.keys, row.width);
  set(s.v, row.heads / row.group, row.keys, row.value_width);
  set(s.y, row.heads, row.queries, row.value_width);
  if (row.mask == Mask::kFull || row.mask == Mask::kClosed) {
    s.mask = {0, 0, static_cast<std::ptrdiff_t>(row.keys), 1};
  } else {
    s.mask = {0, 0, 1, 0};
  }
  s.score_chains = row.is_operator ? 1 : numeric::chain_count(row.keys, row.width);
  s.value_chains = row.is_operator ? 1 : numeric::chain_count(row.value_width, row.keys);
  s.scaling = row.scaling;
  s.scale = 0.3F;
  s.softcap = row.softcap;
  s.is_causal = row.is_causal;
  s.causal_offset = row.causal_offset;
  s.closes_rows = row.is_operator;
  return s;
}

std::vector<float> mask_of(const Row& row) {
  std::vector<float> mask(row.queries * row.keys);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    mask[i] = i % 5 == 1 ? -INFINITY : number(i + 77);
    if (row.mask == Mask::kClosed && i / row.keys == 6) mask[i] = -INFINITY;
  }
  return mask;
}

// One head, step by step.
void attend_plainly(const AttentionSpec& s, const float* q, const float* k, const float* v,
                    const float* mask, float* y) {
  std::vector<float> p(s.queries * s.keys);
  const auto keys = static_cast<std::ptrdiff_t>(s.keys);
  numeric::gemm_in_chains(s.queries, s.keys, s.width, s.score_chains, {q, s.q.row, 1},
                          {k, 1, s.k.row}, {p.data(), keys, 1});
  for (std::size_t i = 0; i < s.queries; ++i) {
    bool is_open = false;
    for (std::size_t j = 0; j < s.keys; ++j) {
      float& x = p[i * s.keys + j];
      if (s.scaling == AttentionScale::kMultiply) x *= s.scale;
      if (s.scaling == AttentionScale::kDivide) x /= s.scale;
      if (s.softcap > 0) x = numeric::tanh(x / s.softcap) * s.softcap;
      float bias = mask == nullptr ? 0.0F
                                   : mask[static_cast<std::ptrdiff_t>(i) * s.mask.row +
                                          static_cast<std::ptrdiff_t>(j) * s.mask.column];
      const auto limit = static_cast<std::ptrdiff_t>(i) + s.causal_offset;
      if (s.is_causal && static_cast<std::ptrdiff_t>(j) > limit) bias = -INFINITY;
      x += bias;
      is_open = is_open || bias != -INFINITY;
    }
    float* const row = p.data() + i * s.keys;
    if (is_open || !s.closes_rows) {
      numeric::softmax_row(row, row, s.keys);
    } else {
      std::fill_n(row, s.keys, 0.0F);
    }
  }
  numeric::gemm_in_chains(s.queries, s.value_width, s.keys, s.value_chains, {p.data(), keys, 1},
                          {v, s.v.row, 1}, {y, s.y.row, 1});
}

TEST(Attention, HasTheBitsOfItsStepsOnEveryInstructionSet) {
  for (const Row& row : kRows) {
    const AttentionSpec s = shape_of(row);
    std::vector<float> q(row.batch * row.heads * row.queries * row.width);
    std::vector<float> k(row.batch * s.key_heads() * row.keys * row.width);
    std::vector<float> v(row.batch * s.key_heads() * row.keys * row.value_width);
    for (std::size_t i = 0; i < q.size(); ++i) q[i] = number(i);
    for (std::size_t i = 0; i < k.size(); ++i) k[i] = number(i + 1000);
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = number(i + 2000);
    const std::vector<float> masks = mask_of(row);
    const float* const mask = row.mask == Mask::kNone ? nullptr : masks.data();
    std::vector<float> want(row.batch * row.heads * row.queries * row.value_width);
    for (std::size_t b = 0; b < row.batch; ++b) {
      for (std::size_t h = 0; h < row.heads; ++h) {
        const auto at = [=](const HeadStrides& strides, std::size_t head) {
          return static_cast<std::ptrdiff_t>(b) * strides.batch +
                 static_cast<std::ptrdiff_t>(head) * strides.head;
        };
        attend_plainly(s, q.data() + at(s.q, h), k.data() + at(s.k, h / s.group),
                       v.data() + at(s.v, h / s.group), mask, want.data() + at(s.y, h));
      }
    }
    for (const Isa isa : isas_here()) {
      std::vector<float> y(want.size(), 123.0F);
      const AlignedFloats packed(attention_packed_floats(s));
      const AlignedFloats scratch(attention_scratch_floats(s));
      const AttentionData data = {q.data(), k.data(), v.data(), mask, y.data(), packed.data};
      pack_attention(s, data, 0, s.pack_units() / 2);
      pack_attention(s, data, s.pack_units() / 2, s.pack_units());
      run_attention(isa, s, data, 0, s.units() / 2, scratch.data);
      run_attention(isa, s, data, s.units() / 2, s.units(), scratch.data);
      for (std::size_t i = 0; i < y.size(); ++i) {
        if (std::isnan(y[i]) && std::isnan(want[i])) continue;
        ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(want[i]))
            << isa_name(isa) << " " << row.name << " at " << i << ": " << y[i] << ", not "
            << want[i];
      }
    }
  }
}

TEST(Attention, KnowsWhatItCannotRun) {
  const auto is_sound_with = [](auto change) {
    AttentionSpec spec = shape_of(kRows[1]);
    change(spec);
    return is_sound(spec);
  };
  EXPECT_TRUE(is_sound_with([](AttentionSpec&) {}));
  EXPECT_FALSE(is_sound_with([](AttentionSpec& s) { s.group = 0; }));
  EXPECT_FALSE(is_sound_with([](AttentionSpec& s) { s.group = 2; }));
  EXPECT_FALSE(is_sound_with([](AttentionSpec& s) { s.keys = 0; }));
  EXPECT_FALSE(is_sound_with([](AttentionSpec& s) { s.width = SIZE_MAX; }));
  EXPECT_FALSE(is_sound_with([](AttentionSpec& s) { s.heads = std::size_t{3} << 50; }));
  EXPECT_FALSE(is_sound_with([](AttentionSpec& s) { s.score_chains = 3; }));
  EXPECT_FALSE(is_sound_with([](AttentionSpec& s) { s.value_chains = 32; }));
  EXPECT_FALSE(is_sound_with([](AttentionSpec& s) { s.y.row = 1; }));
  EXPECT_FALSE(is_sound_with([](AttentionSpec& s) { s.mask.column = 2; }));
}

TEST(Attention, KnowsWhatItReaches) {
  EXPECT_EQ(span_of({100, 10, 2, 1}, 2, 3, 4, 2), 100U + 20U + 6U + 1U + 1U);
  EXPECT_EQ(span_of({100, 10, 2, 1}, 2, 0, 4, 2), 0U);
  EXPECT_EQ(span_of({100, -10, 2, 1}, 2, 3, 4, 2), SIZE_MAX);
  EXPECT_EQ(span_of({PTRDIFF_MAX, 10, 2, 1}, 9, 3, 4, 2), SIZE_MAX);
}

}  // namespace
}  // namespace slipway
