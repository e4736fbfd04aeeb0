// Steps without a kernel of their own: the node, as an ONNX model of one node in the step's
// parameters, run by the interpreter.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"

namespace slipway::compile {

struct Piece {
  std::string model;            // the bytes of an ONNX model
  std::vector<ValueId> inputs;  // values of the graph, in the order of the model's inputs
  std::vector<ValueId> outputs;
};

// The node and what its subgraphs capture, as a model.
Result<Piece> piece_of(const Model& model, std::size_t node);

// The whole model.
Result<Piece> whole_piece(const Model& model);

}  // namespace slipway::compile
