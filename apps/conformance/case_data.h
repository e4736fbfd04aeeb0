// The data of a case, and the model bound to it.
#pragma once

#include <vector>

#include "case.h"
#include "compare.h"
#include "graph/graph.h"
#include "ops/interpreter.h"

namespace slipway {

Result<std::vector<NamedValue>> read_inputs(const Graph& graph, const CaseData& data);

// Which inputs are taken at run time; the others are constants with the data's values.
enum class Fixed : std::uint8_t { kNone, kAllButFirst };

// The model with the data's shapes, and the inputs that it still takes.
Model bind_data(const Model& model, std::vector<NamedValue>& inputs, Fixed fixed);

// By the case's file and the table of exceptions.
Result<Tolerance> tolerance_of(const Case& c);

// What the graph's outputs should be, by the data.
Status compare_outputs(const Graph& graph, const CaseData& data, const Tolerance& tolerance,
                       const std::vector<NamedValue>& got);

}  // namespace slipway
