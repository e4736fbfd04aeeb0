// The activation that follows a product, a convolution or a normalisation inside its kernel; the
// bits of the ONNX operator of the same name (docs/numerics.md).
#pragma once

#include <cstdint>

namespace slipway {

enum class Activation : std::uint8_t {
  kNone,
  kRelu,
  kClip,       // x < a ? a : x, then x > b ? b : x
  kLeakyRelu,  // x < 0 ? a * x : x
  kElu,        // x < 0 ? a * expm1(x) : x
  kSigmoid,
  kHardSigmoid,  // a * x + b within [0, 1]
  kHardSwish,    // x * (x / 6 + 1/2 within [0, 1])
  kTanh,
  kSilu,  // x * sigmoid(x)
  kGelu,
  kGeluTanh,
  // Gelu written as nodes: with s = x * a or x / a and e = 1 + erf(s),
  kErfOfProduct,       // (x * e) * b
  kErfOfQuotient,      // (x * e) * b
  kHalfErfOfProduct,   // (x * b) * e
  kHalfErfOfQuotient,  // (x * b) * e
  kCount,
};

struct ActivationSpec {
  Activation kind = Activation::kNone;
  float a = 0;
  float b = 0;
};

// The definition. simd/activation-inl.h has it for sixteen floats.
float activate(float x, ActivationSpec spec);

}  // namespace slipway
