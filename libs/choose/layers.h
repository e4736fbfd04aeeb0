// What each step of a plan takes.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "report/report.h"
#include "tensor/tensor.h"

namespace slipway::choose {

// Runs the plan on the inputs, in the order of its ports, for about so long. In the order of the
// plan.
Result<std::vector<report::Layer>> time_layers(const std::filesystem::path& plan,
                                               const std::vector<Tensor>& inputs,
                                               std::size_t threads, double seconds);

}  // namespace slipway::choose
