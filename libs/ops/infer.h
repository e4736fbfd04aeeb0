// Type and shape inference over a whole graph.
#pragma once

#include "graph/graph.h"
#include "graph/problem.h"

namespace slipway {

// Fills in the types of every value, subgraphs included, from inputs and initializers. Types that
// the model states are kept and merged; a contradiction, or an operator's complaint, becomes a
// problem and inference goes on. Small constant subexpressions are evaluated (at most
// `kMaxFoldedElements` each).
void infer_types(Model& model, Problems& problems);

inline constexpr std::size_t kMaxFoldedElements = 4096;

// Replaces symbolic dimensions of the graph's inputs by extents, then forgets the types derived
// from them, so that infer_types fills in definite shapes.
void bind_dims(Model& model, const std::map<std::string, std::int64_t>& extents);

}  // namespace slipway
