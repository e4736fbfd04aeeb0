// Inputs for a model from a seed.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "ops/interpreter.h"

namespace slipway::optimize {

// Floats in [-2, 2), whole numbers from 0 to 3, short texts, for every input without a default
// value. Open dimensions get `extent`, and those of one name the same. kUnsupported for inputs that
// are no tensors or of unknown rank, kTooLarge for more than 2^26 elements in all.
Result<std::vector<NamedValue>> random_inputs(const Graph& graph, std::uint64_t seed,
                                              std::int64_t extent);

}  // namespace slipway::optimize
