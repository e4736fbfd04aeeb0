#include "choose/latency.h"

#include <algorithm>
#include <cmath>

#include "base/percentile.h"

namespace slipway::choose {
namespace {

constexpr double kMicro = 1e6;

std::vector<report::Bin> histogram_of(const std::vector<double>& sorted_s) {
  const double low = std::max(sorted_s.front(), 1e-9);
  const double high = std::max(sorted_s.back(), low) * (1 + 1e-9);
  // No finer than 2 %: clocks and eyes see no more.
  const auto count = static_cast<std::size_t>(
      std::clamp(std::log(high / low) / std::log(1.02), 1.0, static_cast<double>(kMostBins)));
  const double ratio = std::pow(high / low, 1 / static_cast<double>(count));
  std::vector<report::Bin> bins(count);
  for (std::size_t i = 0; i < count; ++i) {
    bins[i].from_us = low * std::pow(ratio, static_cast<double>(i)) * kMicro;
    bins[i].to_us = low * std::pow(ratio, static_cast<double>(i + 1)) * kMicro;
  }
  std::size_t at = 0;
  for (const double value_s : sorted_s) {
    while (at + 1 < count && value_s * kMicro >= bins[at].to_us) ++at;
    ++bins[at].count;
  }
  return bins;
}

}  // namespace

report::Latency latency_of(const std::vector<Slice>& slices) {
  std::vector<double> all;
  for (const Slice& slice : slices) all.insert(all.end(), slice.begin(), slice.end());
  std::sort(all.begin(), all.end());
  Trial trial;
  trial.slices = slices;
  report::Latency latency;
  latency.runs = all.size();
  latency.p50_us = nearest_rank(all, 0.5) * kMicro;
  latency.p90_us = nearest_rank(all, 0.9) * kMicro;
  latency.p99_us = nearest_rank(all, 0.99) * kMicro;
  if (all.size() >= kRunsForTail) latency.p999_us = nearest_rank(all, 0.999) * kMicro;
  latency.max_us = all.back() * kMicro;
  latency.spread = trial.spread();
  latency.quiet_us = trial.quiet_s() * kMicro;
  latency.histogram = histogram_of(all);
  return latency;
}

report::Latency latency_of(const measure::LoadResult& load) {
  const measure::Latency& from = load.latency;
  report::Latency latency;
  latency.runs = from.queries;
  for (const measure::Percentile& percentile : from.percentiles) {
    const double us = percentile.seconds * kMicro;
    if (percentile.share == 0.5) latency.p50_us = us;
    if (percentile.share == 0.9) latency.p90_us = us;
    if (percentile.share == 0.99) {
      latency.p99_us = us;
      if (percentile.bound_s) latency.p99_bound_us = *percentile.bound_s * kMicro;
    }
    if (percentile.share == 0.999 && from.queries >= kRunsForTail) latency.p999_us = us;
  }
  latency.max_us = from.max_s * kMicro;
  for (const measure::Bin& bin : from.bins)
    latency.histogram.push_back({bin.from_s * kMicro, bin.to_s * kMicro, bin.count});
  return latency;
}

}  // namespace slipway::choose
