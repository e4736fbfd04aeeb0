// Conversion between element types, by the rules of ONNX Cast.
#pragma once

#include "tensor/tensor.h"

namespace slipway {

struct CastOptions {
  bool saturate = true;  // to float8: out-of-range values clamp instead of becoming NaN or infinity
  enum class Round : std::uint8_t { kUp, kDown, kNearest };
  Round e8m0_round = Round::kUp;
};

// A direct tensor of another type. Floats to integers truncate toward zero; values an integer type
// cannot hold, and NaN, give a defined result: the nearest representable value, 0 for NaN. Text is
// read as a number ("3.5", "1e-3", "-INF", "NaN"); text that is no number is an error.
Result<Tensor> cast(const Tensor& tensor, DType to, const CastOptions& options = {});

}  // namespace slipway
