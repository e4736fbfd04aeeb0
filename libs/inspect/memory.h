// Memory of one run, value by value.
#pragma once

#include <cstdint>

#include "graph/graph.h"

namespace slipway {

std::int64_t saturating_add(std::int64_t a, std::int64_t b);  // of counts: never negative

// Bytes that a value of this type takes; dimensions that are not known count as 1, strings as
// nothing.
std::int64_t bytes_of(const Type& type);

struct Peak {
  std::int64_t bytes = 0;
  std::size_t node_index = 0;  // that runs when the peak is reached
};

// The most bytes that are live at once: a value lives from the node that makes it (inputs from the
// start) to the last that reads it (outputs to the end). Weights and Constant nodes do not count; a
// node's subgraph adds its own peak while the node runs.
Peak peak_activations(const Graph& graph);

}  // namespace slipway
