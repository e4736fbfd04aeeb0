#include "report/report.h"

#include <cstdio>

#include "base/str.h"

namespace slipway::report {

std::string_view name(Outcome outcome) {
  constexpr std::string_view kNames[] = {"chosen", "good", "over budget", "slower", "failed"};
  return kNames[static_cast<std::size_t>(outcome)];
}

std::string_view name(State state) {
  constexpr std::string_view kNames[] = {"passed", "failed", "not run"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string label(const Candidate& candidate) {
  return str(candidate.engine, " ", form(candidate), ", ", candidate.threads,
             candidate.threads == 1 ? " thread" : " threads");
}

std::string form(const Candidate& candidate) {
  std::string text = candidate.precision;
  if (candidate.pruned > 0) {
    char percent[32];
    std::snprintf(percent, sizeof percent, ", %.3g %% pruned", candidate.pruned * 100);
    text += percent;
  }
  return candidate.slides ? text + ", sliding" : text;
}

}  // namespace slipway::report
