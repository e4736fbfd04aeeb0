// What a file or bytes become: a plan as it is, a model compiled first. A build for named models
// (kernels/only.h) has no compiler and says so.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/result.h"
#include "plan/plan.h"
#include "runtime/step.h"
#include "slipway/slipway.h"

namespace slipway {

Result<plan::Plan> open_plan(const std::string& path);
Result<plan::Plan> read_plan(std::span<const std::byte> bytes);  // copied
Result<plan::Plan> compile_plan(const std::string& path, const slipway_compile_options* options);

// For the steps that have no kernel of their own; null where there is none.
runtime::MakeInterpreted interpreter();

}  // namespace slipway
