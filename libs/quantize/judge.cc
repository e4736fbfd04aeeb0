#include "quantize/judge.h"

#include <algorithm>
#include <cmath>

#include "base/str.h"
#include "quantize/model_run.h"
#include "quantize/together.h"
#include "tensor/convert.h"

namespace slipway::quantize {
namespace {

Result<Tensor> as_floats(const Tensor& tensor) {
  return tensor.dtype() == DType::kFloat32 ? Result<Tensor>(tensor) : cast(tensor, DType::kFloat32);
}

std::int64_t class_of(std::span<const float> row) {
  return std::ranges::max_element(row) - row.begin();
}

struct Distance {
  double difference = 0, magnitude = 0;
};

using Values = std::vector<std::vector<Tensor>>;  // by sample

std::size_t bytes_of(const Values& values) {
  std::size_t bytes = 0;
  for (const std::vector<Tensor>& row : values) {
    for (const Tensor& tensor : row)
      bytes += tensor.dtype() == DType::kString ? 0 : tensor.bytes().size();
  }
  return bytes;
}

// Two models that answer samples, a half of these at a time on each of two processors.
class Both {
 public:
  static Result<Both> create(const Model& model, const Model& candidate, const Options& options) {
    Both both;
    both.lanes_.push_back({TRY(ModelRun::create(model.clone(), options.dims)),
                           TRY(ModelRun::create(candidate.clone(), options.dims))});
    return both;
  }

  // Reads and answers up to `most` samples, as many as take a few megabytes with the answers. How
  // many there were.
  Result<std::size_t> answer(samples::Samples& samples, std::size_t most) {
    samples_.clear();
    while (samples_.size() < std::min(most, most_)) {
      std::vector<Tensor> sample;
      if (!TRY(samples.next(sample))) break;
      samples_.push_back(std::move(sample));
    }
    if (samples_.empty()) return std::size_t{0};
    TRY(prepare());
    wanted_.assign(samples_.size(), {});
    given_.assign(samples_.size(), {});
    TRY(run_together([&] { return run_lane(0); }, [&] { return run_lane(1); }));
    const std::size_t bytes = bytes_of(samples_) + bytes_of(wanted_) + bytes_of(given_);
    most_ = std::clamp<std::size_t>(kMostBytes * samples_.size() / std::max<std::size_t>(bytes, 1),
                                    kLanes, kMostSamples);
    return samples_.size();
  }

  // Good until the next samples.
  const std::vector<Tensor>& wanted(std::size_t sample) const { return wanted_[sample]; }
  const std::vector<Tensor>& given(std::size_t sample) const { return given_[sample]; }

 private:
  static constexpr std::size_t kLanes = 2;
  static constexpr std::size_t kMostBytes = std::size_t{2} << 20;
  static constexpr std::size_t kMostSamples = 128;
  struct Lane {
    ModelRun reference;
    ModelRun candidate;
  };

  Status prepare() {
    if (lanes_.size() == kLanes) return {};
    TRY(run_together([&] { return lanes_[0].reference.prepare(samples_[0]); },
                     [&] { return lanes_[0].candidate.prepare(samples_[0]); }));
    lanes_.push_back({TRY(lanes_[0].reference.another()), TRY(lanes_[0].candidate.another())});
    return {};
  }

  Status run_lane(std::size_t lane) {
    for (std::size_t s = lane; s < samples_.size(); s += kLanes) {
      const std::span<const Tensor> wanted = TRY(lanes_[lane].reference.run(samples_[s]));
      wanted_[s].assign(wanted.begin(), wanted.end());
      const std::span<const Tensor> given = TRY(lanes_[lane].candidate.run(samples_[s]));
      given_[s].assign(given.begin(), given.end());
    }
    return {};
  }

  std::size_t most_ = kLanes;  // at first, when sizes are not known
  std::vector<Lane> lanes_;
  Values samples_, wanted_, given_;
};

// What the answers add up to, in the order of the samples.
class Tally {
 public:
  Tally(const std::vector<std::int64_t>& labels, std::size_t outputs)
      : labels_(labels), distances_(outputs) {}

  std::size_t samples() const { return verdict_.samples; }

  Status add(const std::vector<Tensor>& wanted, const std::vector<Tensor>& given) {
    if (wanted.size() != given.size() || wanted.size() != distances_.size())
      return Error{Code::kInternal, "the candidate has not the outputs of the model"};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i].dtype() == DType::kString) continue;
      const Tensor a = TRY(as_floats(wanted[i]));
      const Tensor b = TRY(as_floats(given[i]));
      if (a.shape() != b.shape())
        return Error{Code::kInternal, "the candidate's outputs have other shapes than the model's"};
      add_distance(a.data<float>(), b.data<float>(), distances_[i]);
      if (i == 0 && a.rank() == 2 && a.dim(0) == 1 && a.dim(1) >= 2)
        add_classes(class_of(a.data<float>()), class_of(b.data<float>()));
    }
    ++verdict_.samples;
    return {};
  }

  Result<Verdict> verdict() const {
    Verdict verdict = verdict_;
    for (const Distance& d : distances_) {
      if (d.magnitude > 0)
        verdict.relative_error = std::max(verdict.relative_error, d.difference / d.magnitude);
      else if (d.difference > 0)
        verdict.relative_error = 1;
    }
    if (has_classes_) verdict.agreement = share(agreeing_);
    if (labels_.empty()) return verdict;
    if (!has_classes_) {
      return Error{
          Code::kUsage,
          "labels need a model whose first output is a row of two or more numbers a sample"};
    }
    verdict.accuracy = share(right_);
    verdict.reference_accuracy = share(reference_right_);
    return verdict;
  }

 private:
  void add_distance(std::span<const float> x, std::span<const float> y, Distance& to) {
    for (std::size_t k = 0; k < x.size(); ++k) {
      if (!std::isfinite(x[k])) continue;
      if (!std::isfinite(y[k])) {
        ++verdict_.not_finite;
        continue;
      }
      to.difference += std::abs(static_cast<double>(x[k]) - y[k]);
      to.magnitude += std::abs(static_cast<double>(x[k]));
    }
  }

  void add_classes(std::int64_t wanted, std::int64_t given) {
    has_classes_ = true;
    agreeing_ += wanted == given ? 1 : 0;
    if (verdict_.samples >= labels_.size()) return;
    right_ += given == labels_[verdict_.samples] ? 1 : 0;
    reference_right_ += wanted == labels_[verdict_.samples] ? 1 : 0;
  }

  double share(std::size_t n) const {
    return static_cast<double>(n) / static_cast<double>(std::max<std::size_t>(verdict_.samples, 1));
  }

  const std::vector<std::int64_t>& labels_;
  std::vector<Distance> distances_;
  Verdict verdict_;
  std::size_t agreeing_ = 0;
  std::size_t right_ = 0;
  std::size_t reference_right_ = 0;
  bool has_classes_ = false;
};

}  // namespace

double Verdict::drop() const {
  if (not_finite != 0) return 1;
  return accuracy ? std::max(*reference_accuracy - *accuracy, 0.0) : relative_error;
}

Result<Verdict> judge(const Model& model, const Model& candidate, samples::Samples& samples,
                      const std::vector<std::int64_t>& labels, std::size_t most,
                      const Options& options) {
  auto both = TRY(Both::create(model, candidate, options));
  samples.rewind();
  const std::size_t count = most == 0 ? samples.count() : std::min(most, samples.count());
  Tally tally(labels, model.graph.outputs.size());
  while (tally.samples() < count) {
    const std::size_t answered = TRY(both.answer(samples, count - tally.samples()));
    if (answered == 0) break;
    for (std::size_t s = 0; s < answered; ++s) TRY(tally.add(both.wanted(s), both.given(s)));
  }
  return tally.verdict();
}

}  // namespace slipway::quantize
