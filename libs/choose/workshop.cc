#include "choose/workshop.h"

#include <algorithm>
#include <chrono>
#include <random>

#include "base/str.h"
#include "choose/accuracy.h"
#include "choose/buffers.h"
#include "choose/probe.h"
#include "measure/engine_load.h"
#include "plan/plan.h"
#include "samples/labels.h"

namespace slipway::choose {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr const char* kNative = "native";
constexpr const char* kEngineCache = "engine_cache";  // the option of engines that keep theirs
constexpr const char* kEngines = "engines";           // their folder
constexpr const char* kOptimised = "optimised.onnx";
constexpr std::size_t kSlidSamples = 64;
constexpr int kProbeRuns = 3;
constexpr std::uint64_t kLayerSamples = 64;
constexpr double kWarmUpShare = 0.2;  // of a slice
constexpr double kLeastWarmUpS = 0.01;
constexpr std::size_t kLeastRuns = 6;
constexpr std::size_t kMostRuns = 200'000;  // of a slice: memory stays bounded
constexpr double kSlowRunS = 0.5;           // of these, kLeastSlowRuns will do
constexpr std::size_t kLeastSlowRuns = 1;

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
  if (!given.slides.empty())
    workshop->pieces_ = TRY(Pieces::create(given.slides, workshop->reference_->inputs()));
  TRY(workshop->make_variants());
  return workshop;
}

Status Workshop::make_variants() {
  const auto variants_of = [this](const fs::path& model, const char* folder) -> Result<Variants> {
    const fs::path path = options_.folder / folder;
    std::error_code error;
    if (!fs::create_directory(path, error))
      return Error{Code::kIo, str(path.string(), " cannot be made: ", error.message())};
    return Variants({model, options_.dims, options_.samples,
                     labels_.value_or(std::vector<std::int64_t>()), options_.most_drop,
                     options_.slides, path});
  };
  original_ = std::make_unique<Variants>(TRY(variants_of(options_.model, "original")));
  if (options_.optimises) {
    const fs::path file = options_.folder / kOptimised;
    std::vector<NamedValue> sample;
    TRY(for_each_sample(1, [&](const std::vector<Tensor>& first) -> Status {
      for (std::size_t i = 0; i < first.size(); ++i)
        sample.push_back({reference_->inputs()[i].name, first[i]});
      return {};
    }));
    optimised_ = TRY(optimise_model(options_.model, options_.dims, sample, file));
    if (optimised_->is_used)
      better_ = std::make_unique<Variants>(TRY(variants_of(file, "optimised")));
  }
  const bool is_optimised = better_ != nullptr;
  base_ = BaseModel(options_.model,
                    is_optimised ? std::optional(options_.folder / kOptimised) : std::nullopt);
  return {};
}

Status Workshop::open_samples() {
  if (!options_.samples) return {};
  std::vector<samples::Wanted> wanted;
  for (const engines::Port& port : reference_->inputs())
    wanted.push_back({port.name, port.dtype, port.shape});
  Result<samples::Samples> opened = samples::Samples::open(*options_.samples, std::move(wanted));
  if (!opened.ok()) return Error{Code::kInvalid, str("samples.file: ", opened.error().message)};
  samples_ = *std::move(opened);
  auto labels = options_.labels ? named_labels()
                                : samples::labels_beside(*options_.samples, samples_->count());
  if (!labels.ok()) return Error{Code::kInvalid, str("samples.labels: ", labels.error().message)};
  labels_ = *std::move(labels);
  return {};
}

Result<std::optional<std::vector<std::int64_t>>> Workshop::named_labels() const {
  return std::optional(TRY(samples::read_labels(*options_.labels, samples_->count())));
}

std::size_t Workshop::sample_count() const {
  if (!samples_) return 0;
  return options_.sample_limit == 0 ? samples_->count()
                                    : std::min(samples_->count(), options_.sample_limit);
}

Variants& Workshop::variants_for(const std::string& engine) const {
  return base_.is_optimised(engine) ? *better_ : *original_;
}

bool Workshop::keeps_engine(const Setup& setup) const {
  if (setup.engine == "tensorrt") return true;
  const auto options = options_.engine_options.find(setup.engine);
  if (setup.engine != "onnxruntime" || options == options_.engine_options.end()) return false;
  if (options->second.contains(kEngineCache)) return true;
  const auto provider = options->second.find("provider");
  return provider != options->second.end() && provider->second == "tensorrt";
}

Status Workshop::make(const Setup& setup) {
  Variants& variants = variants_for(setup.engine);
  const fs::path file = TRY(setup.engine == kNative ? variants.plan(setup)
                            : keeps_engine(setup)   ? variants.onnx_as_shipped(setup)
                                                    : variants.onnx(setup));
  made_[without_threads(setup)] = {file, &variants};
  return {};
}

// What cannot be made into a plan, or be opened, may be so because of the optimiser.
bool Workshop::gives_way(const Setup& setup) {
  const auto opens = [this](const std::string& engine, const fs::path& model) -> Status {
    std::unique_ptr<engines::Session> session;
    const auto open = [&]() -> Status {
      session = TRY(open_session({engine, "f32", 1}, model));
      return {};
    };
    TRY(probe_apart(open, [] { return Status(); }));
    return {};
  };
  return base_.gives_way(setup.engine, opens);
}

Status Workshop::prepare(const Setup& setup) {
  const engines::Presence presence = TRY(engines::find_engine(setup.engine))->probe();
  if (!presence.is_here) return Error{Code::kNotFound, presence.what};
  Status made = make(setup);
  const bool is_plan = setup.engine == kNative;
  if (made.ok() || !is_plan || !variants_for(setup.engine).behind_plan(setup).ok()) return made;
  return gives_way(setup) ? make(setup) : made;
}

Result<const Workshop::Made*> Workshop::find(const Setup& setup) const {
  const auto found = made_.find(without_threads(setup));
  if (found == made_.end()) return Error{Code::kInternal, str(label(setup), " was not prepared")};
  return &found->second;
}

Result<fs::path> Workshop::file_of(const Setup& setup) const { return TRY(find(setup))->file; }

Result<fs::path> Workshop::onnx_behind(const Setup& setup) {
  const Made* made = TRY(find(setup));
  return setup.engine == kNative ? made->from->behind_plan(setup) : made->from->onnx(setup);
}

std::string Workshop::plan_command(const Setup& setup) const {
  return variants_for(setup.engine).plan_command(setup);
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
  if (!plan::is_plan_file(subject.model)) subject.dims = options_.dims;  // a plan has them already
  const auto options = options_.engine_options.find(setup.engine);
  if (options != options_.engine_options.end()) subject.options = options->second;
  // It takes minutes to build, and every slice of the search opens it.
  if (keeps_engine(setup))
    subject.options.try_emplace(kEngineCache, (options_.folder / kEngines).string());
  return subject;
}

Result<std::unique_ptr<engines::Session>> Workshop::open_session(
    const Setup& setup, const fs::path& file, const fs::path& engine_cache) const {
  const engines::Engine* engine = TRY(engines::find_engine(setup.engine));
  engines::Subject subject = TRY(subject_of(setup, file));
  if (!engine_cache.empty()) subject.options[kEngineCache] = engine_cache.string();
  return engine->open(subject, {});
}

Result<std::optional<fs::path>> Workshop::engine_cache_of(const Setup& setup) const {
  const engines::Subject subject = TRY(subject_of(setup, {}));
  if (!keeps_engine(setup)) return std::optional<fs::path>();
  return std::optional<fs::path>(subject.options.at(kEngineCache));
}

Status Workshop::for_each_sample(std::size_t most, const TakeSample& take) {
  if (!samples_) return take(TRY(made_up_sample(*reference_)));
  std::vector<Tensor> sample;
  samples_->rewind();
  for (std::size_t i = 0; i < std::min(most, sample_count()) && TRY(samples_->next(sample)); ++i)
    TRY(take(sample));
  return {};
}

std::size_t Workshop::runs_of_a_sample(const Setup& setup) const {
  return setup.slides ? pieces_->runs() : 1;
}

Result<std::vector<Tensor>> Workshop::inputs_of(const Setup& setup,
                                                const std::vector<Tensor>& sample,
                                                std::size_t run) const {
  if (!setup.slides) return sample;
  return pieces_->of(sample, run);
}

Result<std::vector<Tensor>> Workshop::inputs_of_a_run(const Setup& setup) {
  std::vector<Tensor> inputs;
  TRY(for_each_sample(1, [&](const std::vector<Tensor>& sample) -> Status {
    inputs = TRY(inputs_of(setup, sample, runs_of_a_sample(setup) - 1));
    return {};
  }));
  return inputs;
}

Result<Probe> Workshop::probe(const Setup& setup) {
  Result<Probe> probed = probe_once(setup);
  if (probed.ok() || TRY(find(setup))->from == original_.get() || !gives_way(setup)) return probed;
  TRY(make(setup));
  return probe_once(setup);
}

Result<Probe> Workshop::probe_once(const Setup& setup) {
  const std::vector<Tensor> inputs = TRY(inputs_of_a_run(setup));
  std::unique_ptr<engines::Session> session;
  const auto open = [&]() -> Status {
    session = TRY(open_session(setup));
    return {};
  };
  const auto use = [&]() -> Status {
    Buffers buffers = TRY(Buffers::create(*session));
    TRY(buffers.fill(inputs));
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
  if (setup.slides) {
    TRY(check_sliding_bits(setup));
    Setup whole = setup;
    whole.slides = false;
    return compare(whole);
  }
  if (!samples_) return std::optional<report::Accuracy>();
  const Setup key = without_threads(setup);
  const auto known = compared_.find(key);
  if (known != compared_.end()) return std::optional(known->second);
  measure::CompareRequest request = comparison();
  request.candidate.engine = TRY(engines::find_engine(setup.engine));
  request.candidate.subject = TRY(subject_of(setup, {}));
  const report::Accuracy accuracy = accuracy_of(TRY(measure::compare_models(request)));
  return std::optional(compared_.emplace(key, accuracy).first->second);
}

// The whole window's answers are what a plan that slides has to give.
Status Workshop::check_sliding_bits(const Setup& setup) {
  Setup whole = setup;
  whole.slides = false;
  if (!find(whole).ok()) TRY(make(whole));
  const auto sliding = TRY(open_session(setup));
  const auto taking_all = TRY(open_session(whole));
  std::size_t left = std::max<std::size_t>(1, std::min(kSlidSamples, sample_count()));
  if (samples_) samples_->rewind();
  return check_sliding(*sliding, *taking_all, *pieces_,
                       [&](std::vector<Tensor>& window) -> Result<bool> {
                         if (left-- == 0) return false;
                         if (samples_) return samples_->next(window);
                         window = TRY(made_up_sample(*reference_));
                         return true;
                       });
}

Result<std::size_t> Workshop::native_threads(std::size_t asked) const {
  engines::Subject subject;
  subject.model = options_.model;
  subject.dims = options_.dims;
  subject.threads = asked;
  const engines::Engine* native = TRY(engines::find_engine(kNative));
  return TRY(native->open(subject, {}))->threads().value_or(asked);
}

Status Workshop::can_slide() {
  Setup setup = {kNative, "f32", 1};
  setup.slides = true;
  TRY(variants_for(kNative).plan(setup));
  return {};
}

Result<std::vector<double>> Workshop::time(const Setup& setup, double seconds) {
  const std::unique_ptr<engines::Session> session = TRY(open_session(setup));
  Buffers buffers = TRY(Buffers::create(*session));
  TRY(buffers.fill(TRY(inputs_of_a_run(setup))));
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
  const std::vector<Tensor> inputs = TRY(inputs_of_a_run(setup));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    load.inputs.push_back({reference_->inputs()[i].name, inputs[i]});
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

}  // namespace slipway::choose
