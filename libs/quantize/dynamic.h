// Dynamic quantisation: activations become uint8 by the range each run finds.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "quantize/placement.h"

namespace slipway::quantize {

// Products become DynamicQuantizeLinear, MatMulInteger or ConvInteger, Cast, Mul by both scales and
// an Add of the bias, as ONNX Runtime writes them; recurrent layers keep float arithmetic on int8
// weights. Says what it did.
Result<std::vector<std::string>> quantize_dynamically(Model& model, const Placement& placement,
                                                      const Options& options);

}  // namespace slipway::quantize
