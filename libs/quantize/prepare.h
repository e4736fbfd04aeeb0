// What comes before every way of quantising.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"

namespace slipway::quantize {

// Whether Q/DQ or operators of integers are there already (a model trained with them).
bool is_quantized(const Graph& graph);

// infer_types(); its first fault is the error.
Status infer(Model& model);

// Inlines functions, infers types, computes constants and makes BatchNormalization and padding part
// of convolutions, all in standard ONNX. The model has no faults.
Status prepare(Model& model);

// At least this version of ai.onnx. Versions rise where every node means the same in both; else an
// error names the node that does not.
Status raise_opset(Model& model, int least, std::string_view why);

// Nodes, constants and types of values that nothing uses go; a node that bears the name of one
// before it, as passes leave them, gets one of its own; the result is held to ONNX's rules.
Status finish(Model& model);

}  // namespace slipway::quantize
