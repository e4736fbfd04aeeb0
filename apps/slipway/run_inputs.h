// From the words after --input to the values of a model's inputs.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"
#include "ops/interpreter.h"

namespace slipway {

struct BoundInput {
  NamedValue value;
  std::string file;
};

struct BoundInputs {
  std::vector<BoundInput> inputs;
  // Open dimensions that the data decided, in the order of the inputs: "batch", 7.
  std::vector<std::pair<std::string, std::int64_t>> extents;
};

// Each word is FILE or NAME=FILE: .npy, .pb, or .npz with an array for each input it names (for a
// sequence: NAME=FILE.npz, its arrays in order). Files without a name go to the inputs that are
// left, in order. Errors name the input, what it wants, what the file holds, and what to do.
Result<BoundInputs> bind_inputs(const Graph& graph, const std::vector<std::string>& words);

}  // namespace slipway
