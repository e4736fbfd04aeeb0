// The search: every candidate gets a short look, the good ones longer ones.
//
// First each is made, probed in a process of its own, and compared on the samples. What breaks the
// accuracy or memory budget is out of the race, and still timed once for the report. Then come
// rounds; in a round all that are left take turns, slice by slice, so that what disturbs the
// machine disturbs all of them alike. The time of a candidate is what a quarter of its slices'
// medians are within. After a round those are dropped that are more than a factor slower than the
// fastest one in the race:
//
//   round   slices   share of `seconds` in all   dropped when slower than the fastest by
//   1       1        4 %                         2
//   2       3        16 %                        1.25
//   3       5        80 %                        (the choice: choice.h)
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

  // What a quarter of the slices' medians are within: what disturbs a machine makes slices slower,
  // and a single quick one may be luck. There is a slice.
  double p50_s() const;
  double doubt() const;  // how far the middle one is from it, as a share of it
  double p99_s() const;  // of all runs of all slices
  // Of the slices' medians, as a share of theirs; of five and more, the highest and the lowest are
  // left out.
  double spread() const;
  bool is_timed() const { return !slices.empty(); }
};

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
