// What a build for named models has (./dev build --only-for, libs/compile/parts.h). A usual build
// has everything: these are constants that leave nothing out.
#pragma once

#include "kernels/activation.h"

namespace slipway {

#ifdef SLIPWAY_ONLY_KERNELS
inline constexpr unsigned kActivationsHere = SLIPWAY_ONLY_ACTIVATIONS;   // a bit for each
inline constexpr unsigned kRecurrentKindsHere = SLIPWAY_ONLY_RECURRENT;  // a bit for each
inline constexpr bool kHasNarrowWeights = SLIPWAY_ONLY_NARROW_WEIGHTS != 0;
#else
inline constexpr unsigned kActivationsHere = ~0U;
inline constexpr unsigned kRecurrentKindsHere = ~0U;
inline constexpr bool kHasNarrowWeights = true;
#endif

// None, Relu and Clip are part of every kernel that knows activations.
constexpr bool is_here(Activation kind) {
  return kind <= Activation::kClip || (kActivationsHere >> static_cast<unsigned>(kind) & 1U) != 0;
}

}  // namespace slipway
