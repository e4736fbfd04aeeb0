#include "quantize/range.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "quantize/histogram.h"

namespace slipway::quantize {
namespace {

constexpr std::size_t kHalf = Histogram::kHalf;
constexpr double kEntropySlack = 0.25;
constexpr std::size_t kEntropyStep = 4;  // bins: finer thresholds differ by less than a level

Range with_zero(Range range) { return {std::min(range.low, 0.0F), std::max(range.high, 0.0F)}; }

Range within(Range range, Range limits) {
  return {std::max(range.low, limits.low), std::min(range.high, limits.high)};
}

float greatest(Range range) { return std::max(-range.low, range.high); }

Range percentile_range(const Histogram& seen, double percentile, bool is_symmetric) {
  const auto bins = seen.bins();
  const double outside = (1 - percentile / 100) * static_cast<double>(seen.count());
  if (is_symmetric) {
    double beyond = 0;
    std::size_t kept = kHalf;
    while (kept > 0) {
      beyond += static_cast<double>(bins[kHalf + kept - 1] + bins[kHalf - kept]);
      if (beyond > outside) break;
      --kept;
    }
    const auto bound = static_cast<float>(static_cast<double>(kept) * seen.width());
    return {-bound, bound};
  }
  double below = 0;
  std::size_t first = 0;
  while (first < kHalf && (below += static_cast<double>(bins[first])) <= outside / 2) ++first;
  double above = 0;
  std::size_t last = 2 * kHalf;
  while (last > kHalf && (above += static_cast<double>(bins[last - 1])) <= outside / 2) --last;
  return {static_cast<float>(seen.edge(first)), static_cast<float>(seen.edge(last))};
}

// Of |x|, in bins of the histogram's width.
std::vector<double> magnitudes(const Histogram& seen) {
  std::vector<double> counts(kHalf);
  for (std::size_t i = 0; i < kHalf; ++i)
    counts[i] = static_cast<double>(seen.bins()[kHalf + i] + seen.bins()[kHalf - 1 - i]);
  return counts;
}

// KL(P || Q) where P is the first `kept` bins with all beyond added to the last, and Q the same
// bins, without these, merged to `levels` and spread again over those that are not empty. A bin of
// P that Q gives nothing to would make it infinite; Q then counts as a ten thousandth of a value.
class Divergence {
 public:
  explicit Divergence(const std::vector<double>& counts)
      : counts_(counts), sum_(1, 0.0), used_(1, 0.0), entropy_(1, 0.0) {
    for (const double count : counts) {
      sum_.push_back(sum_.back() + count);
      used_.push_back(used_.back() + (count != 0 ? 1 : 0));
      entropy_.push_back(entropy_.back() + times_log(count));
    }
  }

  double at(std::size_t kept, std::size_t levels) const {
    const double inside = sum_[kept];
    const double total = sum_.back();
    if (inside == 0) return std::numeric_limits<double>::infinity();
    const double last = counts_[kept - 1] + total - inside;
    double sum = entropy_[kept - 1] + times_log(last);  // of P, but for its denominator
    std::size_t to = 0;  // level * kept / levels, and what that division leaves
    std::size_t rest = 0;
    for (std::size_t level = 0; level < levels; ++level) {
      const std::size_t from = to;
      to += kept / levels;
      rest += kept % levels;
      if (rest >= levels) {
        rest -= levels;
        ++to;
      }
      const double mass = sum_[to] - sum_[from];
      if (mass == 0) continue;
      const double q = mass / (used_[to] - used_[from]) / inside;
      const bool has_last = to == kept && counts_[kept - 1] != 0;
      sum -= (mass + (has_last ? total - inside : 0)) * std::log(q);
    }
    if (counts_[kept - 1] == 0) sum -= last * std::log(1e-4 / inside);
    return sum / total - std::log(total);
  }

 private:
  static double times_log(double x) { return x > 0 ? x * std::log(x) : 0; }

  const std::vector<double>& counts_;
  std::vector<double> sum_, used_, entropy_;  // of all bins before
};

float entropy_bound(const Histogram& seen, int levels) {
  std::vector<double> counts = magnitudes(seen);
  counts[0] = counts[1];  // zeros are exact whatever the threshold, and would drown all others
  std::size_t last = kHalf;
  while (last > 0 && counts[last - 1] == 0) --last;
  const auto half = static_cast<std::size_t>(levels) / 2;
  const Divergence divergence(counts);
  std::vector<std::pair<std::size_t, double>> found;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t kept = half; kept <= last; kept += kEntropyStep) {
    found.emplace_back(kept, divergence.at(kept, half));
    least = std::min(least, found.back().second);
  }
  std::size_t best_kept = last;
  for (const auto& [kept, d] : found) {
    if (d <= least * (1 + kEntropySlack)) best_kept = kept;
  }
  return static_cast<float>(static_cast<double>(best_kept) * seen.width());
}

// Expected squared error with so many numbers from low to high: a twelfth of the squared step where
// it rounds, but for zeros, which are exact; the squared distance where it clamps. A bin's values
// count as its middle.
class SquaredError {
 public:
  SquaredError(const Histogram& seen, int levels) : seen_(seen), levels_(levels), below_(1) {
    for (std::size_t i = 0; i < seen.bins().size(); ++i) {
      const auto count = static_cast<double>(seen.bins()[i]);
      const double x = seen.edge(i) + seen.width() / 2;
      const Moments& last = below_.back();
      below_.push_back({last.count + count, last.sum + count * x, last.squares + count * x * x});
    }
  }

  double at(double low, double high) const {
    const double step = (high - low) / (levels_ - 1);
    // Bins whose middle is below, and beyond.
    const Moments& under = below_[bins_below(low)];
    const Moments& within = below_[bins_below(high)];
    const Moments& all = below_.back();
    const double rounded = within.count - under.count - static_cast<double>(seen_.bins()[kHalf]);
    const Moments over = {all.count - within.count, all.sum - within.sum,
                          all.squares - within.squares};
    return rounded * step * step / 12 + distance(under, low) + distance(over, high);
  }

 private:
  struct Moments {
    double count = 0, sum = 0, squares = 0;
  };

  static double distance(const Moments& of, double to) {
    return std::max(of.squares - 2 * to * of.sum + to * to * of.count, 0.0);
  }

  std::size_t bins_below(double x) const {
    const double place = x / seen_.width() + static_cast<double>(kHalf) + 0.5;
    return static_cast<std::size_t>(std::clamp(place, 0.0, 2.0 * kHalf));
  }

  const Histogram& seen_;
  int levels_;
  std::vector<Moments> below_;  // of all bins before
};

Range mse_range(const Histogram& seen, int levels, bool is_symmetric) {
  constexpr int kCandidates = 128;
  const Range all = with_zero(seen.extremes());
  Range best = all;
  if (is_symmetric) best = {-greatest(all), greatest(all)};
  const SquaredError squared(seen, levels);
  double least = squared.at(best.low, best.high);
  const auto try_ends = [&](float low, float high) {
    if (!(high > low)) return;
    const double error = squared.at(low, high);
    if (error >= least) return;
    least = error;
    best = {low, high};
  };
  const Range whole = best;
  for (int round = 0; round < (is_symmetric ? 1 : 2); ++round) {
    for (int i = kCandidates - 1; i > 0; --i) {
      const float share = static_cast<float>(i) / kCandidates;
      if (is_symmetric) {
        try_ends(whole.low * share, whole.high * share);
      } else {
        try_ends(best.low, whole.high * share);
      }
    }
    for (int i = kCandidates - 1; i > 0 && !is_symmetric && whole.low < 0; --i)
      try_ends(whole.low * static_cast<float>(i) / kCandidates, best.high);
  }
  return best;
}

}  // namespace

Range choose_range(const Histogram& seen, Method method, double percentile, int levels,
                   bool is_symmetric) {
  if (seen.is_empty()) return {};
  const Range all = with_zero(seen.extremes());
  Range range = all;
  if (seen.width() > 0) {
    const bool is_two_sided = all.low < 0 && all.high > 0;
    if (method == Method::kPercentile) range = percentile_range(seen, percentile, is_symmetric);
    if (method == Method::kEntropy) {
      const float bound = entropy_bound(seen, is_symmetric || is_two_sided ? levels : 2 * levels);
      range = {-bound, bound};
    }
    if (method == Method::kMse) range = mse_range(seen, levels, is_symmetric);
  }
  if (is_symmetric) {
    const float bound = std::min(greatest(range), greatest(all));
    return {-bound, bound};
  }
  return within(range, all);
}

}  // namespace slipway::quantize
