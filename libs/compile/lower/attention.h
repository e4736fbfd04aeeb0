// Attention written as nodes: MatMul, a scale, a mask, Softmax, MatMul, with the Transposes around
// them.
#pragma once

#include <map>
#include <vector>

#include "compile/lowering.h"
#include "plan/params.h"

namespace slipway::compile {

struct AttentionMatch {
  ValueId q = kNoValue, k = kNoValue, v = kNoValue, mask = kNoValue, y = kNoValue;
  plan::AttentionParams params{};
  std::vector<std::size_t> nodes;  // all of them, in order
  std::string note;
};

// By the node at which the step is added: the last one.
std::map<std::size_t, AttentionMatch> find_attention(const Lowering& lowering);

// Matrices of heads where they lie.
struct Heads {
  TensorIndex tensor;
  plan::AttentionAxes axes;
  std::int64_t repeats;  // of each head
};
enum class Matrix : std::uint8_t {
  kQueries,
  kTransposedKeys,
  kRows,  // keys or values
};

// Of a value of three or four axes, the last three heads, rows and columns. Heads that repeat each
// other are taken as one where that is asked for.
Result<Heads> heads_of(Lowering& lowering, ValueId id, Matrix matrix, bool takes_repeats);

Status lower_attention(Lowering& lowering, std::size_t node, const AttentionMatch& match);

}  // namespace slipway::compile
