// The search: every candidate gets a short look, the good ones longer ones.
//
// First each is made, probed in a process of its own, and compared on the samples. What breaks the
// accuracy or memory budget is out of the race, and still timed once for the report. Then come
// rounds; in a round all that are left take turns, slice by slice, and each is judged by its
// quickest slice: whatever else the machine does, or how it changes its speed from second to
// second, only ever adds to the others, and every candidate has a turn in every quiet moment. What
// two candidates' slices have in the middle differs by a third from build to build beside a load
// that comes and goes, the quickest ones by a few per cent. After a round those are dropped that
// are more than a factor slower than the fastest one in the race:
//
//   round   slices    share of `seconds` in all   dropped when slower than the fastest by
//   1       3         4 %                         2.5
//   2       5         16 %                        1.5
//   3       up to 20  80 %                        (the choice: choice.h)
//
// The last round ends when the time for it is used up and eight turns were taken: models that are
// slow, or slow to open, take fewer than twenty.
//
// When the last round leaves none that keeps the latency budget, those that were dropped run a last
// round too: one with a slower median may have the shorter tail.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "choose/lab.h"
#include "choose/setup.h"
#include "report/report.h"

namespace slipway::choose {

// Ascending run times of one slice.
using Slice = std::vector<double>;

struct Trial {
  Setup setup;
  bool has_failed = false;
  bool was_dropped = false;  // after a round
  std::string why;           // of has_failed and was_dropped: a sentence
  std::optional<Probe> probe;
  std::optional<double> file_bytes;
  std::optional<report::Accuracy> accuracy;
  std::vector<Slice> slices;

  // The least of the slices' medians, of which there is one: what it takes undisturbed.
  double quiet_s() const;
  double p99_s() const;  // of all runs of all slices
  // Of the slices' medians, as a share of theirs; of five and more, the highest and the lowest are
  // left out.
  double spread() const;
  bool is_timed() const { return !slices.empty(); }
};

// How much longer one takes than the other, 1 for as long, while nothing disturbs either. Both are
// timed.
double ratio(const Trial& trial, const Trial& other);

// The one of `among`, indices of timed trials, one or more, that takes the shortest.
std::size_t fastest_of(const std::vector<Trial>& trials, const std::vector<std::size_t>& among);

// Why a trial is over the budget, a sentence each.
std::vector<std::string> breaches(const Trial& trial, const report::Budget& budget);

using Progress = std::function<void(std::string_view what, double share)>;

struct SearchOptions {
  report::Budget budget;
  double seconds = 3;  // of timing for a candidate that reaches the last round
  Progress progress;   // may be empty
};

// In the order of `setups`. Never fails: what goes wrong with a candidate is its trial's outcome.
std::vector<Trial> search(const std::vector<Setup>& setups, Lab& lab, const SearchOptions& options);

}  // namespace slipway::choose
