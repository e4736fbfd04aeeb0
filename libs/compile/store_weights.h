// Weights in a narrower type: the graph that then defines the bits (docs/numerics.md, "Products
// along k").
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "graph/graph.h"
#include "kernels/gemm/pack.h"

namespace slipway::compile {

// "f32", "f16", "bf16", "int8", as on a command line and in a report.
std::string_view weight_type_name(WeightType type);
Result<WeightType> parse_weight_type(std::string_view text);

// For a step's note: ", weights f16"; nothing of floats.
std::string weights_note(WeightType type);

// Rounds the constant weights of MatMul, Gemm, LSTM, GRU and RNN in float. Halves and bfloat16:
// each to the nearest. int8: q = round(w / scale) with scale = max |w| / 127 for each output, and
// the product is multiplied by the scale; a Gemm becomes Gemm, Mul, Add; recurrent layers multiply
// in integers. Weights that do not fit the type (not finite, too large) stay as they are, and so do
// those of convolutions, which have no kernel for them, and whole numbers that a pass has kept.
// Says what it did.
Result<std::string> store_weights(Model& model, WeightType type);

// The same numbers, floats, as elements of the type; none where some are not among its.
Result<std::optional<Tensor>> narrow_exactly(const Tensor& floats, WeightType type);

}  // namespace slipway::compile
