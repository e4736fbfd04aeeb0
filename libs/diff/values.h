// Elements as numbers to compute with.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "delta/format.h"

namespace slipway::diff {

// What is not finite counts as zero.
std::vector<double> values_of(delta::Element element, std::span<const std::byte> bytes);

}  // namespace slipway::diff
