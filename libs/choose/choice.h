// Which of the trials it is, and why not the others.
//
// Among those that keep the budget the fastest is the mark. All within a noise margin of it count
// as equally fast, and of these the first is taken by: the fewest channels pruned, the most exact
// precision, the fewest threads, whole windows before such that slide, the engine that the recipe
// names first; what is within the margin of that one and before it in this order takes its place,
// and so on, up to 20 % behind the mark. The margin is 5 %, or twice the largest doubt about a
// contender (one within 20 % of the mark) where that is more, 20 % at most.
//
// What an earlier build of the same model on the same machine chose stays the choice while it keeps
// the budget and is within twice the margin, so that noise does not change a fleet's model.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "choose/search.h"
#include "report/report.h"

namespace slipway::choose {

struct Choice {
  std::optional<std::size_t> chosen;  // of the trials
  double margin = 0;                  // that was taken, 0.05
  std::string verdict;                // a sentence
  std::vector<std::string>
      reasons;  // one for each precision and pruning that was refused, and what came closest
  std::vector<report::Outcome> outcomes;  // of each trial
  std::vector<std::string> whys;          // of each trial
};

Choice choose(const std::vector<Trial>& trials, const report::Budget& budget,
              const std::optional<Setup>& earlier = std::nullopt);

}  // namespace slipway::choose
