// The functions of a chain, from a step's parameters.
#pragma once

#include <cstring>

#include "kernels/elementwise/chain.h"
#include "plan/params.h"
#include "runtime/step.h"

namespace slipway::runtime {

// `packed`: as many ChainStepParams as the step says that there are.
inline Status read_chain(const Binder& binder, std::uint32_t count,
                         std::span<const std::byte> packed, ChainProgram& program) {
  if (count == 0 || count > kChainSteps || packed.size() != count * sizeof(plan::ChainStepParams))
    return binder.error("its parameters have the wrong size");
  ChainStep steps[kChainSteps];
  for (std::size_t i = 0; i < count; ++i) {
    plan::ChainStepParams step;
    std::memcpy(&step, packed.data() + i * sizeof(step), sizeof(step));
    steps[i] = {step.is_binary != 0, step.function, step.a, step.b, step.alpha, step.beta};
  }
  if (!prepare_chain(binder.inputs.size(), {steps, count}, program))
    return binder.error("its chain of functions cannot run");
  return {};
}

}  // namespace slipway::runtime
