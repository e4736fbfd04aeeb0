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

Status lower_attention(Lowering& lowering, std::size_t node, const AttentionMatch& match);

}  // namespace slipway::compile
