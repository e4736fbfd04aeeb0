#include "kernels/attention/attention.h"

#include <algorithm>
#include <bit>

#include "kernels/attention/score_rows.h"
#include "kernels/gemm/gemm.h"
#include "kernels/move/copy.h"

namespace slipway {
namespace {

constexpr std::size_t kColumns = 16;        // of a panel of packed keys or values
constexpr std::size_t kScoreFloats = 8192;  // of a block, which stays in the first cache
constexpr std::size_t kTileRows = 12;       // blocks are whole tiles of the product

std::size_t round_up(std::size_t n) { return (n + kColumns - 1) / kColumns * kColumns; }

// The right-hand side of one of the two products. Panels are full: columns that pad the last one
// are computed and ignored.
PackedB packed_form(std::size_t n, std::size_t k, std::size_t chains, const float* data) {
  return {data, WeightType::kF32, nullptr, chains == kColumns ? n : round_up(n), k, chains};
}

std::size_t packed_floats(std::size_t n, std::size_t k, std::size_t chains) {
  return round_up(packed_bytes(WeightType::kF32, n, k, chains) / sizeof(float));
}

std::size_t key_floats(const AttentionSpec& s) {
  return packed_floats(s.keys, s.width, s.score_chains);
}
std::size_t value_floats(const AttentionSpec& s) {
  return packed_floats(s.value_width, s.keys, s.value_chains);
}

std::size_t score_stride(const AttentionSpec& s) { return round_up(s.keys); }
std::size_t value_stride(const AttentionSpec& s) { return round_up(s.value_width); }

// Rows of a block of y that the last panel would write beyond are computed beside it.
bool is_ragged(const AttentionSpec& s) {
  return s.value_chains != kColumns && s.value_width % kColumns != 0;
}

// Element (p, j) of the matrix, k by n, stands at p * row + j * column.
void pack(const float* from, std::ptrdiff_t row, std::ptrdiff_t column, std::size_t n,
          std::size_t k, std::size_t chains, float* to) {
  if (chains == kColumns) {
    return pack_b(WeightType::kF32, from, row, column, n, k, chains, to);
  }
  const std::ptrdiff_t panel = static_cast<std::ptrdiff_t>(kColumns * k);
  const auto width = static_cast<std::ptrdiff_t>(kColumns);
  const std::size_t full = n / kColumns;
  const std::size_t rest = n % kColumns;
  CopyPlan plan;
  plan_copy({3, {full, k, kColumns}, {width * column, row, column}, {panel, width, 1}}, 4, plan);
  run_copy(plan, from, to, 0, plan.units);
  if (rest == 0) return;
  float* const last = to + full * kColumns * k;
  std::fill_n(last, kColumns * k, 0.0F);
  plan_copy({2, {k, rest}, {row, column}, {width, 1}}, 4, plan);
  run_copy(plan, from + static_cast<std::ptrdiff_t>(full * kColumns) * column, last, 0, plan.units);
}

std::ptrdiff_t offset_of(const HeadStrides& strides, std::size_t b, std::size_t h,
                         std::size_t row) {
  return static_cast<std::ptrdiff_t>(b) * strides.batch +
         static_cast<std::ptrdiff_t>(h) * strides.head +
         static_cast<std::ptrdiff_t>(row) * strides.row;
}

// y has rows of value_width floats, at least that far apart.
void copy_rows(const float* from, std::size_t from_stride, float* to, std::ptrdiff_t to_stride,
               std::size_t rows, std::size_t columns) {
  for (std::size_t r = 0; r < rows; ++r) {
    std::copy_n(from + r * from_stride, columns, to + static_cast<std::ptrdiff_t>(r) * to_stride);
  }
}

struct Unit {
  std::size_t b, h, first, rows;
};

Unit unit_of(const AttentionSpec& shape, std::size_t unit) {
  const std::size_t blocks = shape.blocks();
  const std::size_t head = unit / blocks;
  const std::size_t first = unit % blocks * shape.block_rows();
  return {head / shape.heads, head % shape.heads, first,
          std::min(shape.block_rows(), shape.queries - first)};
}

void attend(Isa isa, const AttentionSpec& shape, const AttentionData& data, const Unit& unit,
            float* scratch) {
  const std::size_t key_head = unit.b * shape.key_heads() + unit.h / shape.group;
  const float* const keys = data.packed + key_head * (key_floats(shape) + value_floats(shape));
  const PackedB k = packed_form(shape.keys, shape.width, shape.score_chains, keys);
  const PackedB v =
      packed_form(shape.value_width, shape.keys, shape.value_chains, keys + key_floats(shape));
  const GemmKernels& gemm = gemm_kernels(isa);
  float* const scores = scratch;
  const std::size_t stride = score_stride(shape);
  gemm.gemm({unit.rows,
             data.q + offset_of(shape.q, unit.b, unit.h, unit.first),
             static_cast<std::size_t>(shape.q.row),
             k,
             scores,
             stride,
             {},
             nullptr},
            whole(unit.rows, k.n));
  const float* const mask = data.mask == nullptr
                                ? nullptr
                                : data.mask + offset_of(shape.mask, unit.b, unit.h, unit.first);
  score_kernels(isa).weigh(shape, {scores, stride, unit.rows, unit.first, mask});
  float* const y = data.y + offset_of(shape.y, unit.b, unit.h, unit.first);
  if (!is_ragged(shape)) {
    gemm.gemm({unit.rows, scores, stride, v, y, static_cast<std::size_t>(shape.y.row), {}, nullptr},
              whole(unit.rows, v.n));
    return;
  }
  float* const beside = scratch + shape.block_rows() * stride;
  gemm.gemm({unit.rows, scores, stride, v, beside, value_stride(shape), {}, nullptr},
            whole(unit.rows, v.n));
  copy_rows(beside, value_stride(shape), y, shape.y.row, unit.rows, shape.value_width);
}

}  // namespace

bool is_sound(const AttentionSpec& spec) {
  constexpr std::size_t kMost = std::size_t{1} << 40;
  const std::size_t counts[] = {spec.batch, spec.heads, spec.group,
                                spec.keys,  spec.width, spec.value_width};
  for (const std::size_t count : counts) {
    if (count == 0 || count > kMost) return false;
  }
  if (spec.queries > kMost) return false;
  std::size_t product = 1;
  for (const std::size_t count : {spec.batch, spec.heads, spec.keys, spec.width + spec.value_width,
                                  std::max<std::size_t>(spec.queries, 1)}) {
    if (count > kMost / product) return false;
    product *= count;
  }
  const auto is_chains = [](std::size_t n) { return std::has_single_bit(n) && n <= kColumns; };
  if (!is_chains(spec.score_chains) || !is_chains(spec.value_chains)) return false;
  if (spec.heads % spec.group != 0 || spec.q.column != 1 || spec.y.column != 1) return false;
  if (spec.y.row < static_cast<std::ptrdiff_t>(spec.value_width)) return false;
  return spec.q.row >= 0 && (spec.mask.column == 0 || spec.mask.column == 1) &&
         spec.scaling <= AttentionScale::kDivide;
}

std::size_t span_of(const HeadStrides& strides, std::size_t batch, std::size_t heads,
                    std::size_t rows, std::size_t columns) {
  const std::ptrdiff_t steps[] = {strides.batch, strides.head, strides.row, strides.column};
  const std::size_t counts[] = {batch, heads, rows, columns};
  std::size_t last = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    if (counts[i] == 0) return 0;
    std::size_t reach = 0;
    if (steps[i] < 0 ||
        __builtin_mul_overflow(static_cast<std::size_t>(steps[i]), counts[i] - 1, &reach) ||
        __builtin_add_overflow(last, reach, &last)) {
      return SIZE_MAX;
    }
  }
  return last == SIZE_MAX ? SIZE_MAX : last + 1;
}

std::size_t AttentionSpec::block_rows() const {
  const std::size_t room = kScoreFloats / score_stride(*this) / kTileRows * kTileRows;
  return std::max<std::size_t>(1, std::min(queries, std::max(kTileRows, room)));
}

std::size_t attention_packed_floats(const AttentionSpec& shape) {
  return shape.pack_units() * (key_floats(shape) + value_floats(shape));
}

std::size_t attention_scratch_floats(const AttentionSpec& shape) {
  const std::size_t beside = is_ragged(shape) ? value_stride(shape) : 0;
  return shape.block_rows() * (score_stride(shape) + beside);
}

void pack_attention(const AttentionSpec& shape, const AttentionData& data, std::size_t begin,
                    std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    const std::size_t b = i / shape.key_heads();
    const std::size_t h = i % shape.key_heads();
    float* const keys = data.packed + i * (key_floats(shape) + value_floats(shape));
    pack(data.k + offset_of(shape.k, b, h, 0), shape.k.column, shape.k.row, shape.keys, shape.width,
         shape.score_chains, keys);
    pack(data.v + offset_of(shape.v, b, h, 0), shape.v.row, shape.v.column, shape.value_width,
         shape.keys, shape.value_chains, keys + key_floats(shape));
  }
}

void run_attention(Isa isa, const AttentionSpec& shape, const AttentionData& data,
                   std::size_t begin, std::size_t end, float* scratch) {
  for (std::size_t i = begin; i < end; ++i) attend(isa, shape, data, unit_of(shape, i), scratch);
}

}  // namespace slipway
