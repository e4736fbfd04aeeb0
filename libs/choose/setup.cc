#include "choose/setup.h"

#include <algorithm>

#include "recipe/recipe.h"

namespace slipway::choose {

report::Candidate candidate_of(const Setup& setup) {
  report::Candidate candidate;
  candidate.engine = setup.engine;
  candidate.precision = setup.precision;
  candidate.threads = setup.threads;
  candidate.pruned = setup.pruned;
  candidate.slides = setup.slides;
  return candidate;
}

Setup setup_of(const report::Candidate& candidate) {
  return {candidate.engine, candidate.precision, candidate.threads, candidate.pruned,
          candidate.slides};
}

std::string label(const Setup& setup) { return report::label(candidate_of(setup)); }
std::string form(const Setup& setup) { return report::form(candidate_of(setup)); }

Setup without_threads(Setup setup) {
  setup.threads = 0;
  return setup;
}

std::size_t precision_rank(const std::string& precision) {
  const std::vector<std::string> names = recipe::precision_names();
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), precision) - names.begin());
}

}  // namespace slipway::choose
