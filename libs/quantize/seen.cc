#include "quantize/seen.h"

#include <algorithm>
#include <cmath>

#include "base/str.h"
#include "quantize/scaling.h"
#include "quantize/together.h"
#include "quantize/watch.h"

namespace slipway::quantize {
namespace {

constexpr double kMostNoise = 1.5;  // of a guess, where the right factors have 1

// Each channel times its factor, in `place`.
std::span<const float> scaled(const Tensor& tensor, const std::vector<float>& factors,
                              std::vector<float>& place) {
  const auto values = tensor.data<float>();
  place.resize(values.size());
  axis_stride(tensor.shape(), 1)
      .for_each_run(values.size(), [&](std::size_t c, std::size_t from, std::size_t end) {
        const float factor = c < factors.size() ? factors[c] : 1;
        for (std::size_t i = from; i < end; ++i) place[i] = values[i] * factor;
      });
  return place;
}

}  // namespace

Seen::Seen(const Graph& graph, const std::vector<ValueId>& values, const Options& options)
    : graph_(&graph), values_(&values), options_(&options), of_(values.size()) {
  for (std::size_t i = 0; i < of_.size(); ++i) forget(i);
}

void Seen::forget(std::size_t i) {
  const Lane empty{Histogram(options_->method != Method::kMinMax), {}, {}, {}};
  of_[i].lanes.assign(Watch::kLanes, empty);
}

void Seen::expect_factors(std::size_t i) { of_[i].state = State::kChannels; }

void Seen::guess(std::size_t i, const std::vector<float>& factors) {
  forget(i);
  of_[i].factors = factors;
  of_[i].state = State::kGuessed;
}

// What rounding the value adds to what reads it: `scale` says how large a step is, and a channel's
// weights, which are divided by its factor, by how much that counts. Factors are made to balance
// the two, so the right ones tell how large the weights are.
bool Seen::is_close(std::size_t i, const std::vector<float>& factors) const {
  const std::vector<float>& guessed = of_[i].factors;
  const std::vector<float> most = reached(i);
  if (guessed.size() != factors.size() || most.size() != factors.size()) return false;
  const auto noise = [&](const std::vector<float>& used) {
    double scale = 0;
    double weights = 0;
    for (std::size_t c = 0; c < used.size(); ++c) {
      scale = std::max(scale, static_cast<double>(most[c]) * used[c]);
      const double weight = static_cast<double>(most[c]) * factors[c] * factors[c] / used[c];
      weights += weight * weight;
    }
    return scale * std::sqrt(weights);
  };
  return noise(guessed) <= kMostNoise * noise(factors);
}

void Seen::scale(std::size_t i, const std::vector<float>& factors) {
  OfValue& of = of_[i];
  if (of.state == State::kGuessed) {
    of.state = State::kWhole;
    if (is_close(i, factors)) return;
    forget(i);
    of.state = State::kAgain;
  }
  of.factors = factors;
  if (of.state != State::kChannels) return;
  of.state = State::kAgain;
  if (options_->method != Method::kMinMax) return;
  of.state = State::kWhole;
  const std::vector<Extremes> reached = channels(i);
  for (std::size_t c = 0; c < reached.size(); ++c) {
    if (reached[c].finite == 0) continue;
    const float factor = c < factors.size() ? factors[c] : 1;
    const float ends[] = {reached[c].low * factor, reached[c].high * factor};
    of.lanes[0].histogram.add(ends);
  }
}

void Seen::add_channels(Lane& to, const Tensor& tensor, std::size_t& finite) const {
  const AxisStride channel = axis_stride(tensor.shape(), 1);
  to.channels.resize(channel.extent);
  to.rows.assign(tensor.size() / std::max<std::size_t>(channel.inner, 1), {});
  row_extremes(tensor.data<float>().data(), to.rows.size(), channel.inner, to.rows.data());
  for (std::size_t r = 0; r < to.rows.size(); ++r) {
    to.channels[r % channel.extent].add(to.rows[r]);
    finite += to.rows[r].finite;
  }
}

Status Seen::add(std::size_t lane, std::size_t i, const Tensor& tensor) {
  if (tensor.dtype() != DType::kFloat32) return {};
  OfValue& of = of_[i];
  Lane& to = of.lanes[lane];
  const auto values = tensor.data<float>();
  std::size_t finite = 0;
  const bool has_channels = of.state == State::kChannels || of.state == State::kGuessed;
  if (has_channels) add_channels(to, tensor, finite);
  if (of.state != State::kChannels) {
    to.histogram.add(of.factors.empty() ? values : scaled(tensor, of.factors, to.scaled));
    finite = values.size() - static_cast<std::size_t>(to.histogram.not_finite());
  }
  if (finite == values.size()) return {};
  return Error{Code::kInvalid, str("value ", graph_->value((*values_)[i]).name,
                                   " is NaN or infinite for a sample: leave out the sample, or the "
                                   "node with --exclude")};
}

std::vector<Extremes> Seen::channels(std::size_t i) const {
  std::vector<Extremes> all;
  for (const Lane& lane : of_[i].lanes) {
    if (all.size() < lane.channels.size()) all.resize(lane.channels.size());
    for (std::size_t c = 0; c < lane.channels.size(); ++c) all[c].add(lane.channels[c]);
  }
  return all;
}

std::vector<float> Seen::reached(std::size_t i) const {
  std::vector<float> most;
  for (const Extremes& channel : channels(i))
    most.push_back(channel.finite == 0 ? 0.0F : std::max(-channel.low, channel.high));
  return most;
}

Range Seen::range(std::size_t i) const {
  Histogram all = of_[i].lanes[0].histogram;
  for (std::size_t lane = 1; lane < Watch::kLanes; ++lane)
    all.add_all(of_[i].lanes[lane].histogram);
  return choose_range(all, options_->method, options_->percentile, 256, options_->is_symmetric);
}

Result<std::vector<Range>> Seen::ranges() const {
  std::vector<Range> all(of_.size());
  const auto every_second = [&](std::size_t first) {
    for (std::size_t i = first; i < all.size(); i += 2) all[i] = range(i);
    return Status();
  };
  TRY(run_together([&] { return every_second(0); }, [&] { return every_second(1); }));
  return all;
}

}  // namespace slipway::quantize
