// The dimensions that a model's inputs leave open, by name.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"

namespace slipway {

// Names every open dimension of the inputs that has none, "input[axis]", and returns all the names
// in order. Inputs with a default value are as that is.
std::vector<std::string> name_open_dims(Graph& graph);

// A kUsage error when one of the extents is of no open dimension.
Status check_extents(const std::map<std::string, std::int64_t>& extents,
                     const std::vector<std::string>& open);

}  // namespace slipway
