// Inputs and what a candidate answers to them, kept to prove later that nothing has changed.
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "choose/workshop.h"
#include "tensor/npz.h"

namespace slipway::choose {

// Each array's first axis counts runs, in the order in which a session that was just opened made
// them.
struct Golden {
  std::vector<NamedArray> inputs;
  std::vector<NamedArray> outputs;
};

inline constexpr std::size_t kGoldenSamples = 8;
inline constexpr std::size_t kGoldenWindows = 2;  // where windows slide: each is many runs

// Of the first samples, or of made-up inputs where there are none.
Result<Golden> golden_of(const Setup& setup, Workshop& workshop);

}  // namespace slipway::choose
