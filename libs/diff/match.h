// Which old tensor each new one was before.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "diff/regions.h"

namespace slipway::diff {

// For each of `is`, the number of one in `was` with as many bytes of the same type: the one with
// its name, else the next in order whose name is gone too.
std::vector<std::optional<std::size_t>> match_regions(std::span<const Region> was,
                                                      std::span<const Region> is);

}  // namespace slipway::diff
