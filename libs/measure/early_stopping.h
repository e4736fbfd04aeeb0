// What a number of measured queries allows to say about all queries there could be: MLPerf's rule
// of early stopping, with no tolerance (d = 0).
#pragma once

#include <cstdint>
#include <optional>

namespace slipway::measure {

// The regularised incomplete beta function I_x(a, b), for x from 0 to 1 and positive a and b.
double incomplete_beta(double x, double a, double b);

// The smallest h such that, of h + t queries, t over a bound let one say by `confidence` that at
// least `share` of all queries stay within it: I_share(h, t + 1) <= 1 - confidence.
std::uint64_t least_within(double share, std::uint64_t over, double confidence);

// Of `queries` latencies: how many of the highest may be discarded, so that the highest of the rest
// bounds `share` of all queries by `confidence`. nullopt where there are too few.
std::optional<std::uint64_t> discarded(double share, std::uint64_t queries, double confidence);

}  // namespace slipway::measure
