// Layer and root-mean-square normalisation written as nodes: ReduceMean, Sub, Pow, ReduceMean, Add,
// Sqrt, Div, Mul, Add and their like. The step that computes them rounds as the nodes do.
#pragma once

#include <map>
#include <vector>

#include "compile/lowering.h"
#include "plan/params.h"

namespace slipway::compile {

struct NormMatch {
  ValueId x = kNoValue, scale = kNoValue, bias = kNoValue, y = kNoValue;
  plan::LayerNormParams params{};
  std::vector<std::size_t> nodes;
};

// By the node at which the step is added: the last one.
std::map<std::size_t, NormMatch> find_norms(const Lowering& lowering);

Status lower_norm(Lowering& lowering, std::size_t node, const NormMatch& match);

}  // namespace slipway::compile
