#include "report/report.h"

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
  return str(candidate.engine, " ", candidate.precision, ", ", candidate.threads,
             candidate.threads == 1 ? " thread" : " threads");
}

}  // namespace slipway::report
