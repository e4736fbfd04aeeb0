#include "choose/search.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>

#include "base/percentile.h"
#include "base/str.h"
#include "cli/text.h"

namespace slipway::choose {
namespace {

struct Round {
  std::size_t slices;  // at most
  double share;        // of SearchOptions::seconds, all slices together
  double drop_factor;
};
constexpr Round kRounds[] = {{3, 0.04, 2.5}, {5, 0.16, 1.5}, {20, 0.80, 0}};
constexpr std::size_t kLeastTurns = 8;
constexpr double kOpeningAndWarmUp = 1.5;  // of a slice's time, with the slice
constexpr double kMebibyte = 1048576;
constexpr std::size_t kSlicesToTrim = 5;

std::string percent_text(double percent) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %%", percent);
  return text;
}

// In the order of the slices.
std::vector<double> medians_of(const std::vector<Slice>& slices) {
  std::vector<double> medians;
  for (const Slice& slice : slices) medians.push_back(nearest_rank(slice, 0.5));
  return medians;
}

std::vector<double> sorted(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values;
}

class Search {
 public:
  Search(const std::vector<Setup>& setups, Lab& lab, const SearchOptions& options)
      : lab_(lab), options_(options) {
    for (const Setup& setup : setups) {
      Trial& trial = trials_.emplace_back();
      trial.setup = setup;
    }
  }

  std::vector<Trial> run() {
    prepare();
    probe();
    compare();
    time(kRounds[0], [](const Trial& trial) { return !trial.has_failed; });
    drop(kRounds[0]);
    for (const Round& round : {kRounds[1], kRounds[2]}) {
      time(round, [this](const Trial& trial) { return is_in_race(trial); });
      if (round.drop_factor > 0) drop(round);
    }
    if (std::none_of(trials_.begin(), trials_.end(), [this](const Trial& t) { return is_good(t); }))
      take_back();
    return std::move(trials_);
  }

 private:
  // What nothing but time can still decide about.
  bool is_eligible(const Trial& trial) const {
    report::Budget budget = options_.budget;
    budget.p99_latency_ms.reset();
    return !trial.has_failed && breaches(trial, budget).empty();
  }
  bool is_in_race(const Trial& trial) const { return is_eligible(trial) && !trial.was_dropped; }
  bool is_good(const Trial& trial) const {
    return is_in_race(trial) && trial.is_timed() && breaches(trial, options_.budget).empty();
  }

  void tell(std::string_view what, const Setup& setup, std::size_t done, std::size_t all) const {
    if (!options_.progress) return;
    const double share =
        static_cast<double>(done) / static_cast<double>(std::max<std::size_t>(all, 1));
    options_.progress(str(what, " ", label(setup)), share);
  }

  static void fail(Trial& trial, const Error& error) {
    trial.has_failed = true;
    trial.why = error.message;
  }

  void prepare() {
    std::map<Setup, Status> made;
    std::size_t done = 0;
    for (Trial& trial : trials_) {
      const Setup key = without_threads(trial.setup);
      auto found = made.find(key);
      if (found == made.end()) {
        tell("making", trial.setup, done, trials_.size());
        found = made.emplace(key, lab_.prepare(trial.setup)).first;
      }
      if (!found->second.ok()) fail(trial, found->second.error());
      ++done;
    }
  }

  void probe() {
    std::size_t done = 0;
    for (Trial& trial : trials_) {
      tell("loading", trial.setup, done++, trials_.size());
      if (trial.has_failed) continue;
      trial.file_bytes = lab_.file_bytes(trial.setup);
      Result<Probe> probe = lab_.probe(trial.setup);
      if (probe.ok()) {
        trial.probe = *probe;
      } else {
        fail(trial, probe.error());
      }
    }
  }

  // Threads do not change what is computed: one comparison for all of them.
  void compare() {
    std::map<Setup, Result<std::optional<report::Accuracy>>> found;
    std::size_t done = 0;
    for (Trial& trial : trials_) {
      tell("comparing", trial.setup, done++, trials_.size());
      if (trial.has_failed) continue;
      const Setup key = without_threads(trial.setup);
      auto at = found.find(key);
      if (at == found.end()) at = found.emplace(key, lab_.compare(trial.setup)).first;
      if (at->second.ok()) {
        trial.accuracy = *at->second;
      } else {
        fail(trial, at->second.error());
      }
    }
  }

  // All that `takes_part` take turns.
  template <typename TakesPart>
  void time(const Round& round, const TakesPart& takes_part) {
    const double share_s = options_.seconds * round.share;
    const double slice_s = share_s / static_cast<double>(round.slices);
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t turn = 0; turn < round.slices; ++turn) {
      std::size_t taking_part = 0;
      for (std::size_t i = 0; i < trials_.size(); ++i) {
        Trial& trial = trials_[i];
        if (trial.has_failed || !takes_part(trial)) continue;
        tell("timing", trial.setup, turn * trials_.size() + i, round.slices * trials_.size());
        Result<std::vector<double>> runs = lab_.time(trial.setup, slice_s);
        if (!runs.ok()) {
          fail(trial, runs.error());
        } else if (!runs->empty()) {
          std::sort(runs->begin(), runs->end());
          trial.slices.push_back(*std::move(runs));
        }
        ++taking_part;
      }
      const std::chrono::duration<double> used = std::chrono::steady_clock::now() - start;
      const double most_s = kOpeningAndWarmUp * share_s * static_cast<double>(taking_part);
      if (turn + 1 >= kLeastTurns && used.count() > most_s) break;
    }
  }

  void drop(const Round& round) {
    std::vector<std::size_t> racing;
    for (std::size_t i = 0; i < trials_.size(); ++i) {
      if (is_in_race(trials_[i]) && trials_[i].is_timed()) racing.push_back(i);
    }
    if (racing.empty()) return;
    const Trial& fastest = trials_[fastest_of(trials_, racing)];
    for (const std::size_t i : racing) {
      Trial& trial = trials_[i];
      if (ratio(trial, fastest) <= round.drop_factor) continue;
      trial.was_dropped = true;
      trial.why = str(seconds_text(trial.quiet_s()), " where ", label(fastest.setup), " takes ",
                      seconds_text(fastest.quiet_s()), ": not looked at any longer");
    }
  }

  void take_back() {
    bool has_any = false;
    for (Trial& trial : trials_) {
      if (!is_eligible(trial) || !trial.was_dropped) continue;
      trial.was_dropped = false;
      trial.why.clear();
      trial.slices.clear();
      has_any = true;
    }
    if (has_any)
      time(kRounds[2],
           [this](const Trial& t) { return is_in_race(t) && t.slices.size() < kLeastTurns; });
  }

  Lab& lab_;
  const SearchOptions& options_;
  std::vector<Trial> trials_;
};

}  // namespace

double Trial::quiet_s() const {
  const std::vector<double> medians = medians_of(slices);
  return *std::min_element(medians.begin(), medians.end());
}

double Trial::p99_s() const {
  std::vector<double> all;
  for (const Slice& slice : slices) all.insert(all.end(), slice.begin(), slice.end());
  std::sort(all.begin(), all.end());
  return nearest_rank(all, 0.99);
}

double Trial::spread() const {
  const std::vector<double> medians = sorted(medians_of(slices));
  const std::size_t left_out = medians.size() >= kSlicesToTrim ? 1 : 0;
  return (medians[medians.size() - 1 - left_out] - medians[left_out]) / nearest_rank(medians, 0.5);
}

double ratio(const Trial& trial, const Trial& other) { return trial.quiet_s() / other.quiet_s(); }

std::size_t fastest_of(const std::vector<Trial>& trials, const std::vector<std::size_t>& among) {
  return *std::min_element(among.begin(), among.end(), [&](std::size_t a, std::size_t b) {
    return trials[a].quiet_s() < trials[b].quiet_s();
  });
}

std::vector<std::string> breaches(const Trial& trial, const report::Budget& budget) {
  std::vector<std::string> out;
  if (trial.accuracy && budget.accuracy_drop_percent) {
    const double drop = trial.accuracy->drop_percent;
    // Not `drop > most`: what is no number is over every budget.
    if (!(drop <= *budget.accuracy_drop_percent)) {
      out.push_back(str(percent_text(drop), " of accuracy lost where ",
                        percent_text(*budget.accuracy_drop_percent), " is allowed (",
                        trial.accuracy->drop_meaning, ")"));
    }
  }
  if (trial.probe && budget.memory_mib &&
      trial.probe->memory_bytes > *budget.memory_mib * kMebibyte) {
    out.push_back(
        str(bytes_text(static_cast<std::int64_t>(trial.probe->memory_bytes)), " of memory where ",
            bytes_text(static_cast<std::int64_t>(*budget.memory_mib * kMebibyte)), " is allowed"));
  }
  if (trial.is_timed() && budget.p99_latency_ms && trial.p99_s() > *budget.p99_latency_ms * 1e-3) {
    out.push_back(str("p99 of ", seconds_text(trial.p99_s()), " where ",
                      seconds_text(*budget.p99_latency_ms * 1e-3), " is allowed"));
  }
  return out;
}

std::vector<Trial> search(const std::vector<Setup>& setups, Lab& lab,
                          const SearchOptions& options) {
  return Search(setups, lab, options).run();
}

}  // namespace slipway::choose
