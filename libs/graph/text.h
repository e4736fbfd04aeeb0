// The readable text form of a model: print() and parse() are inverse, but for tensor storage.
// docs/formats/graph-text.md has the grammar.
#pragma once

#include <string>
#include <string_view>

#include "graph/graph.h"

namespace slipway {

struct PrintOptions {
  // Tensors with more elements than this are printed as type, shape and a hash: such a text is for
  // reading and does not parse back. The default prints everything.
  std::size_t max_tensor_elements = static_cast<std::size_t>(-1);
};

std::string print(const Model& model, const PrintOptions& options = {});
std::string print(const Graph& graph, const PrintOptions& options = {});

// Errors name line and column.
Result<Model> parse_model(std::string_view text);

}  // namespace slipway
