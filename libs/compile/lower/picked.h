// Columns that a node picks from a table, or multiplies.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compile/lowering.h"

namespace slipway::compile {

// The places on the last axis of a value that a node takes (ArrayFeatureExtractor; Gather of the
// last axis); each within the axis.
struct Picked {
  ValueId from = kNoValue;
  std::vector<std::int64_t> places;
};
std::optional<Picked> picked_by(const Lowering& lowering, const Node& node);

// Where the node, a Concat, joins products of columns of one table side by side: a step for all of
// them. Those of the single products are left to nobody.
Result<bool> add_column_products(Lowering& lowering, std::size_t node);

}  // namespace slipway::compile
