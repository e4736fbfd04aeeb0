#include "kernels/activation.h"

#include "kernels/numeric/float_math.h"

namespace slipway {
namespace {

float unit_clip(float x) { return x < 0.0F ? 0.0F : x > 1.0F ? 1.0F : x; }

float clip(float x, float low, float high) {
  const float raised = x < low ? low : x;
  return raised > high ? high : raised;
}

}  // namespace

float activate(float x, ActivationSpec spec) {
  switch (spec.kind) {
    case Activation::kRelu:
      return x > 0.0F || x != x ? x : 0.0F;
    case Activation::kClip:
      return clip(x, spec.a, spec.b);
    case Activation::kLeakyRelu:
      return x < 0.0F ? spec.a * x : x;
    case Activation::kElu:
      return x < 0.0F ? spec.a * numeric::expm1(x) : x;
    case Activation::kSigmoid:
      return numeric::sigmoid(x);
    case Activation::kHardSigmoid:
      return unit_clip(spec.a * x + spec.b);
    case Activation::kHardSwish:
      return x * unit_clip(x * static_cast<float>(1.0 / 6.0) + 0.5F);
    case Activation::kTanh:
      return numeric::tanh(x);
    case Activation::kSilu:
      return x * numeric::sigmoid(x);
    case Activation::kGelu:
      return numeric::gelu(x);
    case Activation::kGeluTanh:
      return numeric::gelu_tanh(x);
    case Activation::kErfOfProduct:
      return x * (1.0F + numeric::erf(x * spec.a)) * spec.b;
    case Activation::kErfOfQuotient:
      return x * (1.0F + numeric::erf(x / spec.a)) * spec.b;
    case Activation::kHalfErfOfProduct:
      return x * spec.b * (1.0F + numeric::erf(x * spec.a));
    case Activation::kHalfErfOfQuotient:
      return x * spec.b * (1.0F + numeric::erf(x / spec.a));
    case Activation::kNone:
    case Activation::kCount:
      break;
  }
  return x;
}

}  // namespace slipway
