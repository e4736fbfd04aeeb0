// Which extents a model's open dimensions have for the shapes at hand.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"

namespace slipway::serve {

using Shapes = std::vector<std::span<const std::int64_t>>;
using Extents = std::map<std::string, std::int64_t>;

// The inputs that a caller has to bring: those without a default value.
std::vector<ValueId> needed_inputs(const Graph& graph);

// The extent of each symbol of the inputs `ids`, one shape for each. kInvalid, and a sentence that
// names the input, where a shape is not one that the graph takes.
Result<Extents> bind_shapes(const Graph& graph, std::span<const ValueId> ids, const Shapes& shapes);

// "[batch,20,25]"
std::string dims_text(const ValueDef& value);

}  // namespace slipway::serve
