#include "measure/compare.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "base/str.h"
#include "inspect/open_dims.h"
#include "measure/output_error.h"
#include "measure/runner.h"
#include "measure/signature.h"
#include "samples/labels.h"
#include "samples/samples.h"
#include "tensor/convert.h"

namespace slipway::measure {
namespace {

// What is open on both sides at once.
struct Opened {
  Signature candidate;
  Signature reference;
  engines::Subject candidate_subject;
  engines::Subject reference_subject;
};

Result<samples::Samples> open_samples(const CompareRequest& request, Opened& opened) {
  std::vector<samples::Wanted> wanted =
      TRY(wanted_samples(opened.reference, request.reference.subject));
  samples::Samples samples = TRY(samples::Samples::open(request.samples, wanted));
  const auto is_open = [](const samples::Wanted& input) {
    return std::ranges::any_of(input.shape, [](std::int64_t extent) { return extent < 0; });
  };
  if (std::ranges::any_of(wanted, is_open)) {
    // The first sample decides, and all others must be like it.
    std::vector<Tensor> first;
    TRY(samples.next(first));
    for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i].shape = first[i].shape();
    samples = TRY(samples::Samples::open(request.samples, wanted));
  }
  opened.reference_subject = TRY(bind_subject(opened.reference, request.reference.subject, wanted));
  opened.candidate_subject = TRY(bind_subject(opened.candidate, request.candidate.subject, wanted));
  return samples;
}

// Extents are given for both sides at once: each must be of a dimension that one of them has.
Status check_dims(const CompareRequest& request, Opened& opened) {
  std::vector<std::string> open = name_open_dims(opened.reference.model.graph);
  for (std::string& dim : name_open_dims(opened.candidate.model.graph)) {
    if (std::ranges::find(open, dim) == open.end()) open.push_back(std::move(dim));
  }
  TRY(check_extents(request.reference.subject.dims, open));
  return check_extents(request.candidate.subject.dims, open);
}

// Gives a runner the samples in its own order and types.
class Feed {
 public:
  static Result<Feed> create(const Runner& runner, const std::vector<samples::Wanted>& inputs,
                             const std::string& model) {
    Feed feed;
    for (const engines::Port& port : runner.inputs()) {
      const auto found = std::ranges::find(inputs, port.name, &samples::Wanted::name);
      if (found == inputs.end()) {
        return Error{Code::kInvalid,
                     str(model, ": takes an input ", port.name, " for which there is no sample")};
      }
      if (port.shape != found->shape) {
        return Error{Code::kInvalid,
                     str(model, ": its input ", port.name, " is ", shape_text(port.shape),
                         ", and a sample is ", shape_text(found->shape))};
      }
      feed.ports_.push_back({static_cast<std::size_t>(found - inputs.begin()), port.dtype});
    }
    feed.values_.resize(feed.ports_.size());
    return feed;
  }

  Result<std::span<const Tensor>> run(Runner& runner, const std::vector<Tensor>& sample) {
    for (std::size_t i = 0; i < ports_.size(); ++i) {
      const Tensor& value = sample[ports_[i].input];
      values_[i] = value.dtype() == ports_[i].dtype ? value : TRY(cast(value, ports_[i].dtype));
    }
    return runner.run(values_);
  }

 private:
  struct PortFeed {
    std::size_t input;
    DType dtype;
  };
  std::vector<PortFeed> ports_;
  std::vector<Tensor> values_;
};

struct Pair {
  std::size_t candidate;
  std::size_t reference;
  std::string name;
};

Result<std::vector<Pair>> match(std::span<const std::string> candidate,
                                std::span<const std::string> reference) {
  std::vector<Pair> pairs;
  std::vector<std::string> missing;
  std::map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < candidate.size(); ++i) places.emplace(candidate[i], i);
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const auto found = places.find(reference[i]);
    if (found == places.end()) {
      missing.push_back(reference[i]);
    } else {
      pairs.push_back({found->second, i, reference[i]});
    }
  }
  if (missing.empty()) return pairs;
  if (pairs.empty() && candidate.size() == reference.size()) {
    for (std::size_t i = 0; i < reference.size(); ++i) pairs.push_back({i, i, reference[i]});
    return pairs;
  }
  return Error{Code::kInvalid, str("the candidate has no output ", missing[0],
                                   ", which the reference has: its outputs are ",
                                   join(std::vector(candidate.begin(), candidate.end())))};
}

// The samples of one output with the greatest errors so far.
class Worst {
 public:
  explicit Worst(std::size_t most) : most_(most) {}

  // relative_error: the mean error, until finish() knows what it is a share of.
  void add(WorstSample sample) {
    if (most_ == 0 || (sample.relative_error == 0 && !sample.is_mismatched)) return;
    const auto place = std::ranges::upper_bound(all_, sample, comes_before);
    if (place == all_.end() && all_.size() == most_) return;
    all_.insert(place, std::move(sample));
    if (all_.size() > most_) all_.pop_back();
  }

  void finish(double mean_size, std::vector<WorstSample>& to) const {
    for (WorstSample sample : all_) {
      if (sample.relative_error > 0) {
        sample.relative_error = mean_size > 0 ? sample.relative_error / mean_size
                                              : std::numeric_limits<double>::infinity();
      }
      to.push_back(std::move(sample));
    }
  }

  static bool comes_before(const WorstSample& a, const WorstSample& b) {
    if (a.is_mismatched != b.is_mismatched) return a.is_mismatched;
    return a.relative_error > b.relative_error;
  }

 private:
  std::size_t most_;
  std::vector<WorstSample> all_;
};

// Two runners and what their answers add up to.
class Comparison {
 public:
  Comparison(std::unique_ptr<Runner> candidate, std::unique_ptr<Runner> reference)
      : candidate_(std::move(candidate)), reference_(std::move(reference)) {}

  Status start(const CompareRequest& request, const std::vector<samples::Wanted>& inputs) {
    pairs_ = TRY(match(candidate_->outputs(), reference_->outputs()));
    feeds_.push_back(
        TRY(Feed::create(*candidate_, inputs, request.candidate.subject.model.string())));
    feeds_.push_back(
        TRY(Feed::create(*reference_, inputs, request.reference.subject.model.string())));
    return {};
  }

  std::span<const Pair> pairs() const { return pairs_; }
  const Tensor& candidate(const Pair& pair) const { return answers_[0][pair.candidate]; }
  const Tensor& reference(const Pair& pair) const { return answers_[1][pair.reference]; }

  Status run(const std::vector<Tensor>& sample) {
    answers_[0] = TRY(feeds_[0].run(*candidate_, sample));
    answers_[1] = TRY(feeds_[1].run(*reference_, sample));
    return {};
  }

 private:
  std::unique_ptr<Runner> candidate_;
  std::unique_ptr<Runner> reference_;
  std::vector<Pair> pairs_;
  std::vector<Feed> feeds_;
  std::span<const Tensor> answers_[2];
};

// How often each side's answer is the label.
class Judge {
 public:
  Judge(std::vector<std::int64_t> labels, std::size_t output)
      : labels_(std::move(labels)), output_(output) {}

  std::size_t output() const { return output_; }
  void add(std::size_t sample, const Tensor& candidate, const Tensor& reference) {
    right_[0] += class_of(candidate) == labels_[sample] ? 1 : 0;
    right_[1] += class_of(reference) == labels_[sample] ? 1 : 0;
  }
  Accuracy accuracy(std::string output) const {
    const auto samples = static_cast<double>(labels_.size());
    return {std::move(output), labels_.size(), static_cast<double>(right_[0]) / samples,
            static_cast<double>(right_[1]) / samples};
  }

 private:
  std::vector<std::int64_t> labels_;
  std::size_t output_;
  std::uint64_t right_[2] = {0, 0};
};

Result<std::optional<std::vector<std::int64_t>>> find_labels(const CompareRequest& request,
                                                             std::size_t samples) {
  if (request.labels.empty()) return samples::labels_beside(request.samples, samples);
  return std::optional(TRY(samples::read_labels(request.labels, samples)));
}

// The output that the labels are of: the first that tells classes, or else that could.
Result<Judge> judge_of(const Signature& reference, const Comparison& comparison,
                       std::vector<std::int64_t> labels) {
  const std::int64_t most = *std::ranges::max_element(labels);
  std::optional<std::size_t> chosen;
  for (std::size_t i = 0; i < comparison.pairs().size(); ++i) {
    const Pair& pair = comparison.pairs()[i];
    const Tensor& answer = comparison.reference(pair);
    if (!could_be_classes(answer.dtype(), answer.shape())) continue;
    if (is_float(answer.dtype()) && static_cast<std::int64_t>(answer.size()) <= most) continue;
    if (tells_classes(reference, pair.name)) return Judge(std::move(labels), i);
    if (!chosen.has_value()) chosen = i;
  }
  if (chosen.has_value()) return Judge(std::move(labels), *chosen);
  return Error{Code::kInvalid, str("there are labels up to ", most,
                                   ", and no output is a score for each of so many classes")};
}

// Values inside that both models compute, in the candidate's order.
struct LayerRow {
  std::string value;
  std::string node;
  std::string op;
  bool is_comparable = true;
};

Result<std::vector<LayerRow>> common_layers(const Opened& opened) {
  constexpr std::size_t kMostLayers = 20'000;
  if (opened.candidate.is_plan || opened.reference.is_plan) {
    return Error{Code::kUsage, "--layers needs two models: a plan does not have its values inside"};
  }
  std::set<std::string_view> known;
  const Graph& reference = opened.reference.model.graph;
  for (const Node& node : reference.nodes) {
    for (const ValueId id : node.outputs) {
      if (id != kNoValue && is_float(reference.value(id).type.dtype))
        known.insert(reference.value(id).name);
    }
  }
  std::vector<LayerRow> rows;
  const Graph& candidate = opened.candidate.model.graph;
  for (std::size_t i = 0; i < candidate.nodes.size(); ++i) {
    const Node& node = candidate.nodes[i];
    for (const ValueId id : node.outputs) {
      if (id == kNoValue || rows.size() == kMostLayers) continue;
      const ValueDef& value = candidate.value(id);
      if (value.type.is_tensor() && is_float(value.type.dtype) && known.count(value.name) > 0)
        rows.push_back({value.name, describe(candidate, i), node.op, true});
    }
  }
  if (rows.empty()) {
    return Error{Code::kInvalid,
                 "no value inside has the same name in both models, so no layer can be compared"};
  }
  return rows;
}

class Layers {
 public:
  static Result<Layers> open(const CompareRequest& request, const Opened& opened,
                             const std::vector<samples::Wanted>& inputs) {
    Layers layers;
    layers.rows_ = TRY(common_layers(opened));
    std::vector<std::string> values;
    for (const LayerRow& row : layers.rows_) {
      values.push_back(row.value);
      layers.sums_.emplace_back(row.value, false);
    }
    layers.comparison_ =
        std::make_unique<Comparison>(TRY(layer_runner(opened.candidate_subject, values)),
                                     TRY(layer_runner(opened.reference_subject, values)));
    TRY(layers.comparison_->start(request, inputs));
    std::map<std::string_view, std::size_t> places;
    for (std::size_t i = 0; i < values.size(); ++i) places.emplace(values[i], i);
    for (const Pair& pair : layers.comparison_->pairs()) {
      const auto row = places.find(pair.name);  // an output need not be a layer
      layers.rows_of_pairs_.push_back(row == places.end() ? kNoRow : row->second);
    }
    return layers;
  }

  Status add(const std::vector<Tensor>& sample) {
    TRY(comparison_->run(sample));
    for (std::size_t i = 0; i < rows_of_pairs_.size(); ++i) {
      if (rows_of_pairs_[i] == kNoRow) continue;
      const Pair& pair = comparison_->pairs()[i];
      const Tensor& candidate = comparison_->candidate(pair);
      const Tensor& reference = comparison_->reference(pair);
      if (candidate.size() != reference.size()) {  // one with fewer channels, say
        rows_[rows_of_pairs_[i]].is_comparable = false;
        continue;
      }
      TRY(sums_[rows_of_pairs_[i]].add(candidate, reference));
    }
    return {};
  }

  std::vector<LayerError> total() const {
    std::vector<LayerError> errors;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (!rows_[i].is_comparable) continue;
      errors.push_back({rows_[i].value, rows_[i].node, rows_[i].op, sums_[i].total()});
    }
    return errors;
  }

 private:
  static constexpr std::size_t kNoRow = SIZE_MAX;
  std::vector<LayerRow> rows_;
  std::vector<std::size_t> rows_of_pairs_;
  std::vector<ErrorSum> sums_;
  std::unique_ptr<Comparison> comparison_;
};

// All that the answers add up to.
class Tally {
 public:
  // After the first sample was run: what outputs are shows in their answers.
  Status start(const CompareRequest& request, const Signature& reference,
               const Comparison& comparison,
               const std::optional<std::vector<std::int64_t>>& labels) {
    if (labels.has_value()) judge_ = TRY(judge_of(reference, comparison, *labels));
    for (std::size_t i = 0; i < comparison.pairs().size(); ++i) {
      const Pair& pair = comparison.pairs()[i];
      const Tensor& answer = comparison.reference(pair);
      const bool has_classes =
          could_be_classes(answer.dtype(), answer.shape()) &&
          (tells_classes(reference, pair.name) || (judge_.has_value() && judge_->output() == i));
      sums_.emplace_back(pair.name, has_classes);
      worst_.emplace_back(request.worst);
    }
    return {};
  }

  Status add(std::size_t sample, const Comparison& comparison) {
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      const Pair& pair = comparison.pairs()[i];
      const SampleError error =
          TRY(sums_[i].add(comparison.candidate(pair), comparison.reference(pair)));
      worst_[i].add({sample, pair.name, error.max_error, error.mean_error, error.mismatched > 0});
      if (judge_.has_value() && judge_->output() == i)
        judge_->add(sample, comparison.candidate(pair), comparison.reference(pair));
    }
    return {};
  }

  void finish(std::size_t most_worst, CompareResult& result) const {
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      result.outputs.push_back(sums_[i].total());
      worst_[i].finish(result.outputs[i].mean_size, result.worst);
    }
    std::ranges::stable_sort(result.worst, Worst::comes_before);
    if (result.worst.size() > most_worst) result.worst.resize(most_worst);
    if (judge_.has_value())
      result.accuracy = judge_->accuracy(result.outputs[judge_->output()].name);
  }

 private:
  std::vector<ErrorSum> sums_;
  std::vector<Worst> worst_;
  std::optional<Judge> judge_;
};

}  // namespace

Result<CompareResult> compare_models(const CompareRequest& request) {
  Opened opened;
  opened.reference = TRY(read_signature(request.reference.subject.model));
  opened.candidate = TRY(read_signature(request.candidate.subject.model));
  TRY(check_dims(request, opened));
  samples::Samples samples = TRY(open_samples(request, opened));
  Comparison comparison(
      TRY(engine_runner(*request.candidate.engine, opened.candidate_subject, request.progress)),
      TRY(engine_runner(*request.reference.engine, opened.reference_subject, request.progress)));
  TRY(comparison.start(request, samples.inputs()));
  const std::uint64_t count = request.most_samples == 0
                                  ? samples.count()
                                  : std::min<std::uint64_t>(request.most_samples, samples.count());
  std::optional<std::vector<std::int64_t>> labels = TRY(find_labels(request, samples.count()));
  if (labels.has_value()) labels->resize(count);
  std::optional<Layers> layers;
  if (request.wants_layers) layers = TRY(Layers::open(request, opened, samples.inputs()));

  CompareResult result;
  Tally tally;
  std::vector<Tensor> sample;
  while (result.samples < count && TRY(samples.next(sample))) {
    TRY(comparison.run(sample));
    if (result.samples == 0) TRY(tally.start(request, opened.reference, comparison, labels));
    TRY(tally.add(result.samples, comparison));
    if (layers.has_value()) TRY(layers->add(sample));
    ++result.samples;
    if (request.compared)
      request.compared(static_cast<double>(result.samples) / static_cast<double>(count));
  }
  tally.finish(request.worst, result);
  if (layers.has_value()) result.layers = layers->total();
  return result;
}

}  // namespace slipway::measure
