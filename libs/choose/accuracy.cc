#include "choose/accuracy.h"

#include <algorithm>
#include <cmath>

#include "base/str.h"
#include "choose/buffers.h"
#include "tensor/convert.h"

namespace slipway::choose {
namespace {

constexpr std::size_t kWorstShown = 5;

std::size_t top1(std::span<const double> values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

bool is_distribution(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) {
    if (!(value >= -1e-6)) return false;
    sum += value;
  }
  return values.size() >= 2 && std::abs(sum - 1) < 1e-2;
}

Result<std::vector<double>> doubles_of(const Tensor& tensor) {
  const Tensor wide = TRY(cast(tensor, DType::kFloat64));
  const std::span<const double> values = wide.data<double>();
  return std::vector<double>(values.begin(), values.end());
}

struct Output {
  std::string name;
  std::size_t in_candidate = 0;
  std::size_t in_reference = 0;
  double max_error = 0;
  double sum_error = 0;
  double sum_size = 0;
  double dot = 0;
  double candidate_power = 0;
  double reference_power = 0;
  double error_power = 0;
  std::uint64_t elements = 0;
  std::uint64_t not_finite = 0;
  std::uint64_t same_top1 = 0;
  bool is_distribution = true;

  // The mean error of this sample as a share of its size.
  double add(const std::vector<double>& candidate, const std::vector<double>& reference) {
    double sample_error = 0;
    double sample_size = 0;
    for (std::size_t i = 0; i < reference.size(); ++i) {
      const double a = candidate[i];
      const double b = reference[i];
      const bool is_same = a == b || (std::isnan(a) && std::isnan(b));
      if (!std::isfinite(a) || !std::isfinite(b)) {
        not_finite += is_same ? 0 : 1;
        continue;
      }
      ++elements;
      const double error = std::abs(a - b);
      max_error = std::max(max_error, error);
      sample_error += error;
      sample_size += std::abs(b);
      dot += a * b;
      candidate_power += a * a;
      reference_power += b * b;
      error_power += error * error;
    }
    sum_error += sample_error;
    sum_size += sample_size;
    is_distribution = is_distribution && choose::is_distribution(reference);
    if (!reference.empty() && top1(candidate) == top1(reference)) ++same_top1;
    return sample_error == 0 ? 0 : sample_error / std::max(sample_size, 1e-300);
  }

  double relative_percent() const {
    if (not_finite > 0) return HUGE_VAL;
    if (sum_error == 0) return 0;
    return sum_size > 0 ? 100 * sum_error / sum_size : HUGE_VAL;
  }

  report::OutputError result(std::uint64_t samples) const {
    report::OutputError out;
    out.name = name;
    out.max_error = max_error;
    out.mean_error = elements > 0 ? sum_error / static_cast<double>(elements) : 0;
    const double scale = std::sqrt(candidate_power) * std::sqrt(reference_power);
    out.cosine = scale > 0                            ? std::min(1.0, dot / scale)
                 : candidate_power == reference_power ? 1
                                                      : 0;
    if (error_power > 0) out.sqnr_db = 10 * std::log10(reference_power / error_power);
    if (is_distribution && samples > 0)
      out.agreement = static_cast<double>(same_top1) / static_cast<double>(samples);
    out.not_finite = not_finite;
    return out;
  }
};

Result<std::vector<Output>> match(const engines::Session& candidate,
                                  const engines::Session& reference) {
  std::vector<Output> outputs;
  const auto theirs = candidate.outputs();
  for (std::size_t i = 0; i < reference.outputs().size(); ++i) {
    const engines::Port& port = reference.outputs()[i];
    const auto found = std::find_if(theirs.begin(), theirs.end(),
                                    [&](const engines::Port& p) { return p.name == port.name; });
    if (found == theirs.end())
      return Error{Code::kInvalid, str("it has no output '", shorten(port.name), "'")};
    if (found->shape != port.shape)
      return Error{Code::kInvalid,
                   str("output '", shorten(port.name), "' is ", shape_text(found->shape),
                       ", the original's ", shape_text(port.shape))};
    Output& output = outputs.emplace_back();
    output.name = port.name;
    output.in_candidate = static_cast<std::size_t>(found - theirs.begin());
    output.in_reference = i;
  }
  return outputs;
}

// The samples' inputs in the order that a session takes them.
Result<std::vector<std::size_t>> order_of(const engines::Session& session,
                                          const samples::Samples& samples) {
  std::vector<std::size_t> order;
  for (const engines::Port& port : session.inputs()) {
    const auto& wanted = samples.inputs();
    const auto found = std::find_if(wanted.begin(), wanted.end(),
                                    [&](const samples::Wanted& w) { return w.name == port.name; });
    if (found == wanted.end())
      return Error{Code::kInvalid,
                   str("it takes an input '", shorten(port.name), "' that the original does not")};
    order.push_back(static_cast<std::size_t>(found - wanted.begin()));
  }
  return order;
}

struct Side {
  engines::Session* session;
  std::vector<std::size_t> order;
  Buffers buffers;

  static Result<Side> create(engines::Session& session, const samples::Samples& samples) {
    return Side{&session, TRY(order_of(session, samples)), TRY(Buffers::create(session))};
  }
  Status run(const std::vector<Tensor>& sample) {
    std::vector<Tensor> ordered;
    for (const std::size_t i : order) ordered.push_back(sample[i]);
    TRY(buffers.fill(ordered));
    return buffers.run(*session);
  }
};

struct Worst {
  std::uint64_t sample;
  double error;
};

void finish(const std::vector<Output>& outputs, const AccuracyOptions& options, std::uint64_t right,
            std::uint64_t reference_right, report::Accuracy& accuracy) {
  const auto count = static_cast<double>(accuracy.samples);
  for (const Output& output : outputs) accuracy.outputs.push_back(output.result(accuracy.samples));
  if (options.labels != nullptr) {
    accuracy.score = static_cast<double>(right) / count;
    accuracy.reference_score = static_cast<double>(reference_right) / count;
    accuracy.drop_percent = std::max(0.0, (*accuracy.reference_score - *accuracy.score) * 100);
    accuracy.drop_meaning = "points of top-1 accuracy";
    return;
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::optional<double>& agreement = accuracy.outputs[i].agreement;
    const double drop = agreement && outputs[i].not_finite == 0 ? 100 * (1 - *agreement)
                                                                : outputs[i].relative_percent();
    if (i > 0 && !(drop > accuracy.drop_percent)) continue;
    accuracy.drop_percent = drop;
    accuracy.drop_meaning =
        agreement ? "samples whose top-1 class changed" : "mean error as a share of the mean size";
  }
}

}  // namespace

Result<report::Accuracy> compare(engines::Session& candidate, engines::Session& reference,
                                 samples::Samples& samples, const AccuracyOptions& options) {
  std::vector<Output> outputs = TRY(match(candidate, reference));
  Side theirs = TRY(Side::create(candidate, samples));
  Side ours = TRY(Side::create(reference, samples));
  report::Accuracy accuracy;
  std::vector<Worst> worst;
  std::uint64_t right = 0;
  std::uint64_t reference_right = 0;
  std::vector<Tensor> sample;
  samples.rewind();
  while ((options.limit == 0 || accuracy.samples < options.limit) && TRY(samples.next(sample))) {
    TRY(theirs.run(sample));
    TRY(ours.run(sample));
    double sample_error = 0;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      Output& output = outputs[i];
      const std::vector<double> a = TRY(doubles_of(theirs.buffers.outputs()[output.in_candidate]));
      const std::vector<double> b = TRY(doubles_of(ours.buffers.outputs()[output.in_reference]));
      sample_error = std::max(sample_error, output.add(a, b));
      if (i > 0 || options.labels == nullptr || b.empty()) continue;
      const std::int64_t label = (*options.labels)[accuracy.samples];
      right += static_cast<std::int64_t>(top1(a)) == label ? 1 : 0;
      reference_right += static_cast<std::int64_t>(top1(b)) == label ? 1 : 0;
    }
    if (sample_error > 0) worst.push_back({accuracy.samples, sample_error});
    std::sort(worst.begin(), worst.end(),
              [](const Worst& x, const Worst& y) { return x.error > y.error; });
    if (worst.size() > kWorstShown) worst.pop_back();
    ++accuracy.samples;
  }
  for (const Worst& entry : worst) accuracy.worst_samples.push_back(entry.sample);
  finish(outputs, options, right, reference_right, accuracy);
  return accuracy;
}

}  // namespace slipway::choose
