// Activations in the parameters of steps.
#pragma once

#include "kernels/activation.h"
#include "kernels/only.h"
#include "plan/params.h"
#include "runtime/step.h"

namespace slipway::runtime {

inline Result<ActivationSpec> activation_of(const Binder& binder,
                                            const plan::ActivationParams& params) {
  if (params.kind >= static_cast<std::uint32_t>(Activation::kCount)) {
    return binder.error("it names an activation that does not exist");
  }
  if (!is_here(static_cast<Activation>(params.kind)))
    return binder.error("this build has no kernel for its activation");
  return ActivationSpec{static_cast<Activation>(params.kind), params.a, params.b};
}

}  // namespace slipway::runtime
