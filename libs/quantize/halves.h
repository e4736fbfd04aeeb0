// Models in half precision.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "quantize/options.h"

namespace slipway::quantize {

// fp16: constants, operators and, unless options.keeps_io, inputs and outputs become float16. What
// has no form in float16 stays float between Casts: operators without one, those that hold a
// subgraph or whose type an attribute states, nodes that options leave out, and nodes with a
// constant beyond 65504.
// bf16: constants of 64 elements and more are stored as bfloat16 and cast to float before use.
// Says what it did. Types are inferred.
Result<std::vector<std::string>> to_halves(Model& model, const Options& options);

}  // namespace slipway::quantize
