// Which nodes have to stay float for a model to lose no more than it may.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "quantize/judge.h"
#include "quantize/quantize.h"

namespace slipway::quantize {

struct Sensitivity {
  std::string node;
  std::string op;
  double error = 0;  // relative, of the outputs, with this node alone quantised
};

struct Search {
  std::vector<Sensitivity> ranking;  // the most sensitive first
  std::size_t kept = 0;              // so many of these stay float
  Verdict whole;                     // with everything quantised
  Verdict chosen;
};

inline constexpr std::size_t kRankingSamples = 64;

// Ranks the nodes, then finds, by halving, the fewest of the most sensitive ones that have to stay
// float for drop() <= max_drop. Everything stays quantised where that already is within it, and is
// not ranked then.
Result<Search> search(const Calibrated& calibrated, samples::Samples& samples,
                      const std::vector<std::int64_t>& labels, double max_drop,
                      const Options& options, const Progress& progress);

std::set<std::string> kept_nodes(const Search& search);

}  // namespace slipway::quantize
