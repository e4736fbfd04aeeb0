#include "choose/workshop.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <random>

#include "base/str.h"
#include "choose/accuracy.h"
#include "choose/buffers.h"
#include "choose/probe.h"
#include "measure/engine_load.h"
#include "samples/labels.h"

namespace slipway::choose {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kNative = "native";
constexpr int kProbeRuns = 3;
constexpr std::uint64_t kLayerSamples = 64;
constexpr double kWarmUpShare = 0.2;  // of a slice
constexpr double kLeastWarmUpS = 0.01;
constexpr std::size_t kLeastRuns = 20;
constexpr std::size_t kMostRuns = 200'000;  // of a slice: memory stays bounded
constexpr double kSlowRunS = 0.5;           // of these, kLeastSlowRuns will do
constexpr std::size_t kLeastSlowRuns = 3;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Floats in [-1, 1), small whole numbers, from a fixed sequence.
Result<std::vector<Tensor>> made_up_sample(const engines::Session& session) {
  std::mt19937_64 random(1);
  std::vector<Tensor> sample;
  for (const engines::Port& port : session.inputs()) {
    Tensor tensor = TRY(Tensor::create(port.dtype, port.shape));
    if (port.dtype == DType::kFloat32) {
      for (float& value : tensor.mutable_data<float>())
        value = static_cast<float>(static_cast<double>(random() >> 11U) * 0x1p-52 - 1);
    } else if (port.dtype == DType::kInt64) {
      for (std::int64_t& value : tensor.mutable_data<std::int64_t>())
        value = static_cast<std::int64_t>(random() % 2);
    }
    sample.push_back(std::move(tensor));
  }
  return sample;
}

// One tensor after the other along a new first axis, which takes the place of a leading 1.
class Stack {
 public:
  Stack(std::string name, const Tensor& first) : name_(std::move(name)), dtype_(first.dtype()) {
    shape_ = first.shape();
    if (!shape_.empty() && shape_[0] == 1) shape_.erase(shape_.begin());
  }
  void add(const Tensor& tensor) {
    const std::span<const std::byte> bytes = tensor.bytes();
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    ++count_;
  }
  Result<NamedArray> array() const {
    Shape shape = shape_;
    shape.insert(shape.begin(), count_);
    Tensor tensor = TRY(Tensor::create(dtype_, shape));
    std::memcpy(tensor.mutable_bytes().data(), bytes_.data(), bytes_.size());
    return NamedArray{name_, std::move(tensor)};
  }

 private:
  std::string name_;
  DType dtype_;
  Shape shape_;
  std::int64_t count_ = 0;
  std::vector<std::byte> bytes_;
};

Result<std::vector<NamedArray>> arrays_of(const std::vector<Stack>& stacks) {
  std::vector<NamedArray> arrays;
  for (const Stack& stack : stacks) arrays.push_back(TRY(stack.array()));
  return arrays;
}

Status warm_up(engines::Session& session, Buffers& buffers, double seconds) {
  const auto start = Clock::now();
  do {
    TRY(buffers.run(session));
  } while (seconds_since(start) < seconds);
  return {};
}

bool is_enough(std::size_t runs, double elapsed_s, double seconds) {
  if (runs >= kMostRuns) return true;
  if (elapsed_s < seconds) return false;
  const bool is_slow = runs > 0 && elapsed_s / static_cast<double>(runs) > kSlowRunS;
  return runs >= (is_slow ? kLeastSlowRuns : kLeastRuns);
}

}  // namespace

Result<std::unique_ptr<Workshop>> Workshop::open(WorkshopOptions options) {
  auto workshop = std::unique_ptr<Workshop>(new Workshop());
  workshop->options_ = std::move(options);
  const WorkshopOptions& given = workshop->options_;
  const engines::Engine* native = TRY(engines::find_engine(kNative));
  engines::Subject subject;
  subject.model = given.model;
  subject.dims = given.dims;
  workshop->reference_ = TRY(native->open(subject, {}));
  TRY(workshop->open_samples());
  workshop->variants_ = std::make_unique<Variants>(VariantSource{
      given.model, given.dims, given.samples,
      workshop->labels_.value_or(std::vector<std::int64_t>()), given.most_drop, given.folder});
  return workshop;
}

Status Workshop::open_samples() {
  if (!options_.samples) return {};
  std::vector<samples::Wanted> wanted;
  for (const engines::Port& port : reference_->inputs())
    wanted.push_back({port.name, port.dtype, port.shape});
  samples_ = TRY(samples::Samples::open(*options_.samples, std::move(wanted)));
  if (options_.labels) {
    labels_ = TRY(samples::read_labels(*options_.labels, samples_->count()));
  } else {
    labels_ = TRY(samples::labels_beside(*options_.samples, samples_->count()));
  }
  return {};
}

std::size_t Workshop::sample_count() const {
  if (!samples_) return 0;
  return options_.sample_limit == 0 ? samples_->count()
                                    : std::min(samples_->count(), options_.sample_limit);
}

Status Workshop::prepare(const std::string& engine, const std::string& precision) {
  const engines::Presence presence = TRY(engines::find_engine(engine))->probe();
  if (!presence.is_here) return Error{Code::kNotFound, presence.what};
  files_[{engine, precision}] =
      TRY(engine == kNative ? variants_->plan(precision) : variants_->onnx(precision));
  return {};
}

Result<fs::path> Workshop::file_of(const Setup& setup) const {
  const auto found = files_.find({setup.engine, setup.precision});
  if (found == files_.end()) return Error{Code::kInternal, str(label(setup), " was not prepared")};
  return found->second;
}

Result<fs::path> Workshop::onnx_behind(const Setup& setup) {
  return setup.engine == kNative ? variants_->behind_plan(setup.precision)
                                 : variants_->onnx(setup.precision);
}

std::optional<double> Workshop::file_bytes(const Setup& setup) const {
  const Result<fs::path> file = file_of(setup);
  std::error_code error;
  const std::uintmax_t bytes = file.ok() ? fs::file_size(*file, error) : 0;
  if (!file.ok() || error) return std::nullopt;
  return static_cast<double>(bytes);
}

Result<engines::Subject> Workshop::subject_of(const Setup& setup, const fs::path& file) const {
  engines::Subject subject;
  subject.model = file.empty() ? TRY(file_of(setup)) : file;
  subject.threads = setup.threads;
  if (setup.engine != kNative) subject.dims = options_.dims;  // a plan has them already
  const auto options = options_.engine_options.find(setup.engine);
  if (options != options_.engine_options.end()) subject.options = options->second;
  return subject;
}

Result<std::unique_ptr<engines::Session>> Workshop::open_session(const Setup& setup,
                                                                 const fs::path& file) const {
  const engines::Engine* engine = TRY(engines::find_engine(setup.engine));
  return engine->open(TRY(subject_of(setup, file)), {});
}

Result<std::vector<Tensor>> Workshop::first_sample() {
  if (!samples_) return made_up_sample(*reference_);
  std::vector<Tensor> sample;
  samples_->rewind();
  TRY(samples_->next(sample));
  return sample;
}

Result<Probe> Workshop::probe(const Setup& setup) {
  const std::vector<Tensor> sample = TRY(first_sample());
  std::unique_ptr<engines::Session> session;
  const auto open = [&]() -> Status {
    session = TRY(open_session(setup));
    return {};
  };
  const auto use = [&]() -> Status {
    Buffers buffers = TRY(Buffers::create(*session));
    TRY(buffers.fill(sample));
    for (int i = 0; i < kProbeRuns; ++i) TRY(buffers.run(*session));
    return {};
  };
  return probe_apart(open, use);
}

measure::CompareRequest Workshop::comparison() const {
  measure::CompareRequest request;
  request.reference.engine = *engines::find_engine(kNative);
  request.reference.subject.model = options_.model;
  request.reference.subject.dims = options_.dims;
  request.samples = *options_.samples;
  if (options_.labels) request.labels = *options_.labels;
  request.most_samples = options_.sample_limit;
  return request;
}

Result<std::optional<report::Accuracy>> Workshop::compare(const Setup& setup) {
  if (!samples_) return std::optional<report::Accuracy>();
  measure::CompareRequest request = comparison();
  request.candidate.engine = TRY(engines::find_engine(setup.engine));
  request.candidate.subject = TRY(subject_of(setup, {}));
  return std::optional(accuracy_of(TRY(measure::compare_models(request))));
}

Result<std::vector<double>> Workshop::time(const Setup& setup, double seconds) {
  const std::unique_ptr<engines::Session> session = TRY(open_session(setup));
  Buffers buffers = TRY(Buffers::create(*session));
  TRY(buffers.fill(TRY(first_sample())));
  TRY(warm_up(*session, buffers, std::max(kLeastWarmUpS, seconds * kWarmUpShare)));
  std::vector<double> runs_s;
  const auto start = Clock::now();
  while (!is_enough(runs_s.size(), seconds_since(start), seconds)) {
    const auto run_start = Clock::now();
    TRY(buffers.run(*session));
    runs_s.push_back(seconds_since(run_start));
  }
  std::sort(runs_s.begin(), runs_s.end());
  return runs_s;
}

Result<measure::LoadResult> Workshop::load(const Setup& setup,
                                           const measure::LoadOptions& options) {
  measure::EngineLoad load;
  load.engine = TRY(engines::find_engine(setup.engine));
  load.subject = TRY(subject_of(setup, {}));
  const std::vector<Tensor> sample = TRY(first_sample());
  for (std::size_t i = 0; i < sample.size(); ++i)
    load.inputs.push_back({reference_->inputs()[i].name, sample[i]});
  return TRY(measure::run_engine_load(load, options)).result;
}

Result<std::vector<report::LayerError>> Workshop::layer_errors(const Setup& setup) {
  std::vector<report::LayerError> errors;
  if (!samples_) return errors;
  measure::CompareRequest request = comparison();
  request.candidate.engine = request.reference.engine;  // layers are computed by Slipway
  request.candidate.subject.model = TRY(onnx_behind(setup));
  request.candidate.subject.dims = options_.dims;
  if (setup.engine == kNative) {
    request.candidate.subject.options["weights"] = Variants::plan_weights(setup.precision);
  }
  request.wants_layers = true;
  request.most_samples = std::min<std::uint64_t>(sample_count(), kLayerSamples);
  for (const measure::LayerError& layer : TRY(measure::compare_models(request)).layers)
    errors.push_back(layer_error_of(layer));
  return errors;
}

Result<Golden> Workshop::golden(const Setup& setup, std::size_t most) {
  const std::unique_ptr<engines::Session> session = TRY(open_session(setup));
  Buffers buffers = TRY(Buffers::create(*session));
  std::vector<Stack> inputs;
  std::vector<Stack> outputs;
  std::vector<Tensor> sample;
  if (samples_) samples_->rewind();
  for (std::size_t i = 0; i < most; ++i) {
    if (!samples_) {
      if (i > 0) break;
      sample = TRY(made_up_sample(*reference_));
    } else if (!TRY(samples_->next(sample))) {
      break;
    }
    TRY(buffers.fill(sample));
    TRY(buffers.run(*session));
    for (std::size_t port = 0; port < sample.size(); ++port) {
      if (i == 0) inputs.emplace_back(session->inputs()[port].name, sample[port]);
      inputs[port].add(sample[port]);
    }
    for (std::size_t port = 0; port < buffers.outputs().size(); ++port) {
      const Tensor& tensor = buffers.outputs()[port];
      if (i == 0) outputs.emplace_back(session->outputs()[port].name, tensor);
      outputs[port].add(tensor);
    }
  }
  Golden golden;
  golden.inputs = TRY(arrays_of(inputs));
  golden.outputs = TRY(arrays_of(outputs));
  return golden;
}

}  // namespace slipway::choose
