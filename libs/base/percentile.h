// Percentiles of measured values, by nearest rank: always one of the values.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace slipway {

// The smallest value that at least `share` (0 to 1) of all values do not exceed. The values are in
// ascending order, one or more.
inline double nearest_rank(std::span<const double> sorted, double share) {
  // Rounding in the product must not make 99.9 % of 1,000 values the last one.
  const double place = std::ceil(share * static_cast<double>(sorted.size()) - 1e-9);
  const auto rank = static_cast<std::size_t>(std::max(place, 1.0));
  return sorted[std::min(rank, sorted.size()) - 1];
}

}  // namespace slipway
