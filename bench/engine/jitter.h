// A control loop at a fixed rate while other programs want the processor: how punctual is it?
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace slipway::bench {

// `./dev bench jitter`: the words after "jitter".
Status run_jitter(const std::vector<std::string>& words);

}  // namespace slipway::bench
