// The activations of kernels/activation.h on sixteen floats. Include after f32x16-inl.h.
//
// None, Relu and Clip are one Clamp without branches, to be applied in registers. The others are
// many instructions: a kernel stores its results and calls activate_row on what it has just stored.
// Their code is in elementwise/activation.cc, once for each instruction set.
#if defined(SLIPWAY_ACTIVATION_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_ACTIVATION_INL_H
#undef SLIPWAY_ACTIVATION_INL_H
#else
#define SLIPWAY_ACTIVATION_INL_H
#endif

#include <limits>

#include "kernels/activation.h"
#include "kernels/simd/f32x16-inl.h"
#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {

// In place.
void activate_row(float* y, std::size_t count, ActivationSpec spec);

namespace {

// y = x within [low, high], + zero: -0 there leaves every y as it is, +0 makes a -0 +0, as Relu
// does.
struct Clamp {
  F32x16 low, high, zero;
};

HWY_INLINE bool is_clamp(ActivationSpec spec) { return spec.kind <= Activation::kClip; }

// That of None where the activation is not a clamp.
HWY_INLINE Clamp clamp_of(ActivationSpec spec) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const bool is_relu = spec.kind == Activation::kRelu;
  const bool is_clip = spec.kind == Activation::kClip;
  return {set(is_relu   ? 0.0F
              : is_clip ? spec.a
                        : -kInf),
          set(is_clip ? spec.b : kInf), set(is_relu ? 0.0F : -0.0F)};
}

HWY_INLINE F32x16 clamp(F32x16 x, const Clamp& c) {
  return add(lower(raise(x, c.low), c.high), c.zero);
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_ACTIVATION_INL_H
