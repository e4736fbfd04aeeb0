// softmax(Q K^T, scaled and masked) V, head by head, the scores of a block of queries at a time.
// Bits: the two products with the chains stated, the softmax of numeric/reduce.h, every step
// between them rounded (docs/numerics.md, "Attention"). So it serves for MatMul, Mul or Div, Add,
// Softmax, MatMul written as nodes, with the chains of those products, and for the operators, with
// one chain.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/isa.h"

namespace slipway {

// Where a head's matrix lies, in floats: batch item b, head h, row i, column j.
struct HeadStrides {
  std::ptrdiff_t batch = 0;
  std::ptrdiff_t head = 0;
  std::ptrdiff_t row = 0;
  std::ptrdiff_t column = 1;
};

enum class AttentionScale : std::uint8_t { kNone, kMultiply, kDivide };

struct AttentionSpec {
  std::size_t batch = 1;
  std::size_t heads = 1;  // of queries
  std::size_t group = 1;  // query heads that share a head of keys and values
  std::size_t queries = 0;
  std::size_t keys = 0;   // at least 1
  std::size_t width = 0;  // of a query and of a key
  std::size_t value_width = 0;
  HeadStrides q;  // column 1
  HeadStrides k;  // row: a key
  HeadStrides v;
  HeadStrides y;                 // column 1
  HeadStrides mask;              // row: a query, column: a key (0 or 1); 0 where it is repeated
  std::size_t score_chains = 1;  // numeric::chain_count(keys, width), or 1 for the operators
  std::size_t value_chains = 1;  // numeric::chain_count(value_width, keys), or 1

  // In this order: s = s scale or s / scale; s = tanh(s / softcap) softcap; s + mask; keys beyond
  // query + causal_offset get -infinity added.
  AttentionScale scaling = AttentionScale::kNone;
  float scale = 1;
  float softcap = 0;  // 0: none
  bool is_causal = false;
  std::ptrdiff_t causal_offset = 0;
  bool closes_rows = false;  // a query that may look at no key has zeros; else it has NaN

  std::size_t key_heads() const { return heads / group; }
  // Query rows of one unit of work.
  std::size_t block_rows() const;
  std::size_t blocks() const { return (queries + block_rows() - 1) / block_rows(); }
  std::size_t units() const { return batch * heads * blocks(); }
  std::size_t pack_units() const { return batch * key_heads(); }
};

struct AttentionData {
  const float* q = nullptr;
  const float* k = nullptr;
  const float* v = nullptr;
  const float* mask = nullptr;  // may be null
  float* y = nullptr;           // overlaps nothing that is read
  float* packed = nullptr;      // attention_packed_floats, 64-byte aligned
};

// Whether a spec of unknown origin can run at all: counts that do not overflow, heads that divide
// into groups, chains that are powers of two up to 16, scores and values laid out as stated above.
bool is_sound(const AttentionSpec& spec);

// Floats that a matrix of `rows` by `columns` for each batch item and head spans from the first;
// SIZE_MAX where a stride is negative or the span beyond all memory. An operand that has as many is
// never read or written outside.
std::size_t span_of(const HeadStrides& strides, std::size_t batch, std::size_t heads,
                    std::size_t rows, std::size_t columns);

std::size_t attention_packed_floats(const AttentionSpec& shape);
std::size_t attention_scratch_floats(const AttentionSpec& shape);

// First keys and values are packed, units 0 .. pack_units(); when all are done, units 0 .. units()
// are computed. Within a step units are independent; each call at a time has its own scratch,
// attention_scratch_floats, 64-byte aligned.
void pack_attention(const AttentionSpec& shape, const AttentionData& data, std::size_t begin,
                    std::size_t end);
void run_attention(Isa isa, const AttentionSpec& shape, const AttentionData& data,
                   std::size_t begin, std::size_t end, float* scratch);

}  // namespace slipway
