// Whether a long run stayed as fast as it began.
#pragma once

#include <string>
#include <vector>

#include "measure/result.h"

namespace slipway::measure {

// The drift is that of the Theil-Sen line through the logarithms of the windows' medians: the
// median of the slopes of all pairs, which a quarter of windows that are off by any amount cannot
// move far. It counts where it is more than 2 % and more than three times what the windows' noise
// (median distance from the line) would give such a line by chance. `throttling`: what the machine
// told meanwhile.
Soak judge_soak(std::vector<Window> windows, const std::vector<std::string>& throttling);

}  // namespace slipway::measure
