// Every rule a model must keep before it runs: structure (graph/verify.h), known operators at known
// versions, arity, attributes and their kinds, input types, inferred shapes against stated ones.
#pragma once

#include "graph/graph.h"
#include "graph/problem.h"

namespace slipway {

// Appends each problem with its node, the reason and the way out. kInvalid: the model breaks ONNX's
// rules; kUnsupported: it is valid, and Slipway has no such operator, version or type.
void check_model(const Model& model, Problems& problems);

// Operator rules of one node alone.
void check_node(const Graph& graph, std::size_t node_index, Problems& problems);

}  // namespace slipway
