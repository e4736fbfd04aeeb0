// Which of the trials it is, and why not the others.
//
// Among those that keep the budget the fastest is the mark. All that take at most 15 % longer, by
// their quickest slices (search.h's ratio), count as equally fast, and of these the first is taken
// by: the fewest channels pruned, the most exact precision, the fewest threads, whole windows
// before such that slide, the engine that the recipe names first. The margin does not depend on
// what the machine was like while it was measured, or the choice would too.
//
// What an earlier build of the same model on the same machine chose stays the choice while it keeps
// the budget and takes at most 25 % longer, so that noise does not change a fleet's model.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "choose/search.h"
#include "report/report.h"

namespace slipway::choose {

inline constexpr double kMargin = 0.15;
inline constexpr double kMarginOfEarlier = 0.25;

struct Choice {
  std::optional<std::size_t> chosen;  // of the trials
  std::string verdict;                // a sentence
  std::vector<std::string>
      reasons;  // one for each precision and pruning that was refused, and what came closest
  std::vector<report::Outcome> outcomes;  // of each trial
  std::vector<std::string> whys;          // of each trial
};

Choice choose(const std::vector<Trial>& trials, const report::Budget& budget,
              const std::optional<Setup>& earlier = std::nullopt);

}  // namespace slipway::choose
