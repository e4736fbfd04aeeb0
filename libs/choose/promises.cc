#include "choose/promises.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/str.h"
#include "choose/buffers.h"
#include "tensor/convert.h"

namespace slipway::choose {
namespace {

// A declared mean within this of 0, in units of the scale, and a scale within this factor of 1
// leave values nearly as they are.
constexpr double kNearMean = 0.1;
constexpr double kNearScale = 1.25;

double distance(double mean, double spread, double expected_mean, double expected_spread) {
  return std::abs(mean - expected_mean) / expected_spread +
         std::abs(std::log(spread / expected_spread));
}

double value_of(const std::vector<double>& list, std::size_t position, double usual) {
  if (list.empty()) return usual;
  return list.size() == 1 ? list[0] : list[position];
}

}  // namespace

OutputWatch::OutputWatch(std::string name, const recipe::OutputPart* part) {
  range_.name = std::move(name);
  if (part == nullptr) return;
  range_.clamp = part->clamp;
  range_.has_safe_value = !part->safe_value.empty();
}

Status OutputWatch::add(const Tensor& answer) {
  if (!range_.clamp) return {};
  const Tensor values = TRY(cast(answer, DType::kFloat64));
  // A float may stand beside a bound that no float is.
  const auto as_float = [](double x) { return static_cast<double>(static_cast<float>(x)); };
  const double least = std::min(range_.clamp->first, as_float(range_.clamp->first));
  const double most = std::max(range_.clamp->second, as_float(range_.clamp->second));
  bool is_outside = false;
  for (const double x : values.data<double>()) {
    if (!(x >= least && x <= most)) is_outside = true;  // what is no number, too
    if (!std::isfinite(x)) continue;
    range_.lowest = std::min(range_.lowest.value_or(x), x);
    range_.highest = std::max(range_.highest.value_or(x), x);
  }
  ++range_.samples;
  range_.outside += is_outside ? 1 : 0;
  return {};
}

InputWatch::InputWatch(std::string name, const recipe::InputPart& part)
    : name_(std::move(name)),
      mean_(part.mean),
      scale_(part.scale),
      sums_(std::max<std::size_t>({1, part.mean.size(), part.scale.size()})) {}

double InputWatch::mean_of(std::size_t position) const { return value_of(mean_, position, 0); }
double InputWatch::scale_of(std::size_t position) const {
  return std::abs(value_of(scale_, position, 1));
}

Status InputWatch::add(const Tensor& sample) {
  const Tensor values = TRY(cast(sample, DType::kFloat64));
  std::size_t position = 0;
  for (const double x : values.data<double>()) {
    Sums& sums = sums_[position];
    position = (position + 1) % sums_.size();
    if (!std::isfinite(x)) continue;
    ++sums.count;  // Welford's update
    const double apart = x - sums.mean;
    sums.mean += apart / sums.count;
    sums.squares += apart * (x - sums.mean);
  }
  ++samples_;
  return {};
}

report::InputLook InputWatch::look() const {
  report::InputLook look;
  look.name = name_;
  look.samples = samples_;
  double to_normalised = 0;
  double to_raw = 0;
  for (std::size_t position = 0; position < sums_.size(); ++position) {
    const Sums& sums = sums_[position];
    const double mean = mean_of(position);
    const double scale = scale_of(position);
    const double spread = sums.count > 0 ? std::sqrt(sums.squares / sums.count) : 0;
    const bool is_near =
        std::abs(mean) <= kNearMean * scale && scale <= kNearScale && scale >= 1 / kNearScale;
    if (is_near || !(spread > 0)) continue;
    ++look.positions;
    to_normalised += distance(sums.mean, spread, 0, 1);
    to_raw += distance(sums.mean, spread, mean, scale);
  }
  if (look.positions == 0) return look;
  const auto count = static_cast<double>(look.positions);
  look.distance_to_normalised = to_normalised / count;
  look.distance_to_raw = to_raw / count;
  return look;
}

Status check_promises(const recipe::Recipe& recipe, const Setup& chosen, Workshop& workshop,
                      report::Report& report) {
  std::vector<OutputWatch> outputs;
  bool has_clamp = false;
  for (const engines::Port& port : workshop.reference().outputs()) {
    const auto part = recipe.outputs.find(port.name);
    outputs.emplace_back(port.name, part == recipe.outputs.end() ? nullptr : &part->second);
    has_clamp = has_clamp || outputs.back().range().clamp.has_value();
  }
  std::vector<std::pair<std::size_t, InputWatch>> inputs;
  const std::span<const engines::Port> ports = workshop.reference().inputs();
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const auto part = recipe.inputs.find(ports[i].name);
    if (part == recipe.inputs.end() || !is_float(ports[i].dtype)) continue;
    if (!part->second.mean.empty() || !part->second.scale.empty())
      inputs.emplace_back(i, InputWatch(ports[i].name, part->second));
  }
  // A plan that slides gives what the whole window gives.
  Setup whole = chosen;
  whole.slides = false;
  if (workshop.sample_count() > 0 && (has_clamp || !inputs.empty())) {
    const auto session = TRY(workshop.open_session(whole));
    Buffers buffers = TRY(Buffers::create(*session));
    TRY(workshop.for_each_sample(workshop.sample_count(),
                                 [&](const std::vector<Tensor>& sample) -> Status {
                                   for (auto& [i, watch] : inputs) TRY(watch.add(sample[i]));
                                   if (!has_clamp) return {};
                                   TRY(buffers.fill(sample));
                                   TRY(buffers.run(*session));
                                   for (std::size_t i = 0; i < outputs.size(); ++i)
                                     TRY(outputs[i].add(buffers.outputs()[i]));
                                   return {};
                                 }));
  }
  for (const OutputWatch& watch : outputs) report.outputs.push_back(watch.range());
  for (const auto& [i, watch] : inputs) report.inputs.push_back(watch.look());
  return {};
}

}  // namespace slipway::choose
