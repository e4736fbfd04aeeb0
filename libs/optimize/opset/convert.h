// A model under another version of ai.onnx's operator set.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "graph/graph.h"

namespace slipway::optimize {

// What can be written; models of older sets can be read and lifted.
inline constexpr int kOldestOpset = 7;

// Every node of ai.onnx in the graph, its subgraphs and the model's functions. Types have to be
// inferred (ops/infer.h): some rules need ranks. Says what was done. kUnsupported names the first
// node that has no form there, and why; the model is then good for nothing more.
Result<std::string> convert_opset(Model& model, int version);

// Nodes of other versions than the one that the model imports, as inlined functions leave them.
Status align_versions(Model& model);

// The oldest format that has the operator set.
std::int64_t ir_version_of(std::int64_t opset);

}  // namespace slipway::optimize
