// Writes QuantizeLinear and DequantizeLinear around what a placement takes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "quantize/learned.h"
#include "quantize/placement.h"
#include "quantize/scaling.h"

namespace slipway::quantize {

// What a Concat joins keeps scales of its own where one range is this many times another.
inline constexpr float kMostJoinedRatio = 4.0F;

// Scales of the quantised values, one for each group that shares one.
Result<std::map<ValueId, Scale>> choose_scales(const Graph& graph, const Placement& placement,
                                               const Learned& learned, const Options& options);

// The type of activations' bytes.
DType activation_type(const Options& options);

// Weights become int8 and a DequantizeLinear, one scale for each output channel (or one in all);
// biases int32 in units of the products; quantised values a pair of QuantizeLinear and
// DequantizeLinear. Names of inputs and outputs stay. `placement` is of this graph.
Status insert_qdq(Model& model, const Placement& placement, const Learned& learned,
                  const Options& options);

// Weights of products and of recurrent layers as int8 and a DequantizeLinear; all compute in float.
void quantize_weights_alone(Graph& graph, const Placement& placement, const Options& options);

}  // namespace slipway::quantize
