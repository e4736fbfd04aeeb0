// The kernels that a step may name. Numbers are part of the plan format: a number is never given a
// second meaning. The rows are in libs/runtime/list.cc.
#pragma once

#include <cstdint>

namespace slipway::plan {

enum class KernelId : std::uint16_t {
  kNone = 0,
  kInterpret = 1,  // the reference implementation of a piece of graph, kept in the params
  kCopy = 2,
  kUnary = 3,
  kRelayout = 4,
  kChain = 5,
  kGemm = 6,
  kTrees = 7,
  kConv = 8,
  kPool = 9,
  kMatMul = 10,
  kAttentionPack = 11,
  kAttention = 12,
};

}  // namespace slipway::plan
