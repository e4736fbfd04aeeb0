// Every kernel that a step may name.
#pragma once

#include <span>

#include "runtime/step.h"

namespace slipway::runtime {

std::span<const StepKernel> all_kernels();

// Null for a number that this build has no kernel for.
const StepKernel* find_kernel(plan::KernelId id);

}  // namespace slipway::runtime
