// Collects latencies in bounded memory: the values themselves up to a number of them, then counts
// in bins so narrow that a percentile is off by a twentieth of a per cent at most. Count, mean,
// spread, least and greatest stay exact.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "measure/result.h"

namespace slipway::measure {

class Recorder {
 public:
  Recorder() = default;
  explicit Recorder(std::size_t most_values) : most_values_(most_values) {}

  void add(double seconds);
  // What another one collected, as if it came after; its jitter counts within itself.
  void add_all(const Recorder& other);
  void clear();

  std::uint64_t count() const { return count_; }
  // The rank-th smallest, from 1 to count().
  double at_rank(std::uint64_t rank) const;
  // By nearest rank; there is at least one value.
  double percentile(double share) const;
  double max_s() const { return max_s_; }

  // Percentiles with their bounds by `confidence`, bins and all.
  Latency latency(std::span<const double> shares, double confidence) const;

 private:
  static std::size_t bin_of(double seconds);
  static double middle_of(std::size_t bin);
  void count_in_bins();
  void sort() const;
  std::vector<Bin> bins() const;

  std::size_t most_values_ = std::size_t{1} << 17;
  mutable std::vector<double> values_;  // empty once there are bins
  mutable bool is_sorted_ = true;
  std::vector<std::uint64_t> bin_counts_;
  std::uint64_t count_ = 0;
  double min_s_ = 0;
  double max_s_ = 0;
  double mean_s_ = 0;
  double squares_ = 0;  // of differences from the mean
  double last_s_ = 0;
  double steps_s_ = 0;  // between one value and the next, summed
  std::uint64_t steps_ = 0;
};

}  // namespace slipway::measure
