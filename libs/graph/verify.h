// The structural rules of graph.h. Knows no operators: those are checked by ops/check.h.
#pragma once

#include "graph/graph.h"
#include "graph/problem.h"

namespace slipway {

// Appends every violation found in the model, its functions and their subgraphs: duplicate names
// and definitions, ids out of range, values used before their definition, captures that do not
// match.
void verify(const Model& model, Problems& problems);

}  // namespace slipway
