// Numbers that a node takes as constant inputs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compile/lowering.h"

namespace slipway::compile {

inline bool has_input(const Node& node, std::size_t input) {
  return input < node.inputs.size() && node.inputs[input] != kNoValue;
}

// All elements of a constant, as int64 or as floats; none where the value is not a constant of
// whole numbers, of floats.
std::optional<std::vector<std::int64_t>> ints_of(const Lowering& lowering, ValueId id);
std::optional<std::vector<float>> floats_of(const Lowering& lowering, ValueId id);

}  // namespace slipway::compile
