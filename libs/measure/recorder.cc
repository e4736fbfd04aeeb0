#include "measure/recorder.h"

#include <algorithm>
#include <cmath>

#include "measure/early_stopping.h"

namespace slipway::measure {
namespace {

// Bins of a value's binary exponent, each cut into equal parts: 2^-30 s (1 ns) to 2^17 s (36 h).
constexpr int kLeastExponent = -30;
constexpr int kMostExponent = 17;
constexpr std::size_t kParts = 1024;
constexpr std::size_t kBins = static_cast<std::size_t>(kMostExponent - kLeastExponent) * kParts;
constexpr std::size_t kShownBins = 40;

}  // namespace

std::size_t Recorder::bin_of(double seconds) {
  int exponent = 0;
  const double mantissa = std::frexp(seconds, &exponent);  // 0.5 to below 1
  if (!(seconds > 0) || exponent <= kLeastExponent) return 0;
  if (exponent > kMostExponent) return kBins - 1;
  const auto part = static_cast<std::size_t>((mantissa - 0.5) * 2 * kParts);
  return static_cast<std::size_t>(exponent - 1 - kLeastExponent) * kParts + part;
}

double Recorder::middle_of(std::size_t bin) {
  const double mantissa = 0.5 + (static_cast<double>(bin % kParts) + 0.5) / (2 * kParts);
  return std::ldexp(mantissa, static_cast<int>(bin / kParts) + 1 + kLeastExponent);
}

void Recorder::add(double seconds) {
  if (count_ > 0) {
    steps_s_ += std::abs(seconds - last_s_);
    ++steps_;
  }
  last_s_ = seconds;
  min_s_ = count_ == 0 ? seconds : std::min(min_s_, seconds);
  max_s_ = count_ == 0 ? seconds : std::max(max_s_, seconds);
  ++count_;
  const double away = seconds - mean_s_;
  mean_s_ += away / static_cast<double>(count_);
  squares_ += away * (seconds - mean_s_);
  if (bin_counts_.empty() && values_.size() < most_values_) {
    values_.push_back(seconds);
    is_sorted_ = false;
    return;
  }
  if (bin_counts_.empty()) count_in_bins();
  ++bin_counts_[bin_of(seconds)];
}

void Recorder::count_in_bins() {
  bin_counts_.assign(kBins, 0);
  for (const double value : values_) ++bin_counts_[bin_of(value)];
  values_ = {};
}

void Recorder::add_all(const Recorder& other) {
  if (other.count_ == 0) return;
  const bool fits = bin_counts_.empty() && other.bin_counts_.empty() &&
                    values_.size() + other.values_.size() <= most_values_;
  if (fits) {
    values_.insert(values_.end(), other.values_.begin(), other.values_.end());
    is_sorted_ = false;
  } else {
    if (bin_counts_.empty()) count_in_bins();
    for (const double value : other.values_) ++bin_counts_[bin_of(value)];
    for (std::size_t i = 0; i < other.bin_counts_.size(); ++i)
      bin_counts_[i] += other.bin_counts_[i];
  }
  min_s_ = count_ == 0 ? other.min_s_ : std::min(min_s_, other.min_s_);
  max_s_ = count_ == 0 ? other.max_s_ : std::max(max_s_, other.max_s_);
  const auto ours = static_cast<double>(count_);
  const auto theirs = static_cast<double>(other.count_);
  const double apart = other.mean_s_ - mean_s_;
  mean_s_ += apart * theirs / (ours + theirs);
  squares_ += other.squares_ + apart * apart * ours * theirs / (ours + theirs);
  count_ += other.count_;
  steps_s_ += other.steps_s_;
  steps_ += other.steps_;
  last_s_ = other.last_s_;
}

void Recorder::clear() { *this = Recorder(most_values_); }

void Recorder::sort() const {
  if (!is_sorted_) std::sort(values_.begin(), values_.end());
  is_sorted_ = true;
}

double Recorder::at_rank(std::uint64_t rank) const {
  if (bin_counts_.empty()) {
    sort();
    return values_[static_cast<std::size_t>(rank - 1)];
  }
  if (rank >= count_) return max_s_;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBins; ++i) {
    seen += bin_counts_[i];
    if (seen >= rank) return std::clamp(middle_of(i), min_s_, max_s_);
  }
  return max_s_;
}

double Recorder::percentile(double share) const {
  // As base/percentile.h: rounding in the product must not make 99.9 % of 1,000 values the last.
  const double place = std::ceil(share * static_cast<double>(count_) - 1e-9);
  return at_rank(
      std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::max(place, 1.0)), 1, count_));
}

std::vector<Bin> Recorder::bins() const {
  std::vector<Bin> made(1, Bin{min_s_, max_s_, count_});
  if (!(min_s_ > 0) || max_s_ <= min_s_) return made;
  const double ratio = std::pow(max_s_ / min_s_, 1.0 / kShownBins);
  made.resize(kShownBins);
  for (std::size_t i = 0; i < kShownBins; ++i) {
    made[i] = {min_s_ * std::pow(ratio, static_cast<double>(i)),
               min_s_ * std::pow(ratio, static_cast<double>(i + 1)), 0};
  }
  made.back().to_s = max_s_;
  const auto put = [&](double value, std::uint64_t count) {
    const double place = std::log(std::max(value, min_s_) / min_s_) / std::log(ratio);
    made[std::min(static_cast<std::size_t>(place), kShownBins - 1)].count += count;
  };
  for (const double value : values_) put(value, 1);
  for (std::size_t i = 0; i < bin_counts_.size(); ++i) {
    if (bin_counts_[i] > 0) put(std::clamp(middle_of(i), min_s_, max_s_), bin_counts_[i]);
  }
  return made;
}

Latency Recorder::latency(std::span<const double> shares, double confidence) const {
  Latency latency;
  latency.queries = count_;
  latency.confidence = confidence;
  if (count_ == 0) return latency;
  latency.min_s = min_s_;
  latency.mean_s = mean_s_;
  latency.max_s = max_s_;
  latency.deviation_s = std::sqrt(squares_ / static_cast<double>(count_));
  latency.jitter_s = steps_ == 0 ? 0 : steps_s_ / static_cast<double>(steps_);
  latency.resolution = bin_counts_.empty() ? 0 : 0.5 / kParts;
  for (const double share : shares) {
    Percentile made = {share, percentile(share), std::nullopt};
    const auto above = discarded(share, count_, confidence);
    if (above.has_value()) made.bound_s = std::max(made.seconds, at_rank(count_ - *above));
    latency.percentiles.push_back(made);
  }
  latency.bins = bins();
  return latency;
}

}  // namespace slipway::measure
