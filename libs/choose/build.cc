#include "choose/build.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <ctime>
#include <set>
#include <thread>

#include "base/mapped_file.h"
#include "base/str.h"
#include "choose/artifacts.h"
#include "choose/choice.h"
#include "choose/contract.h"
#include "choose/latency.h"
#include "choose/layers.h"
#include "choose/machine.h"
#include "choose/promises.h"
#include "choose/publication.h"
#include "choose/versions.h"
#include "choose/workshop.h"
#include "cli/text.h"
#include "inspect/open_dims.h"
#include "onnx/reader.h"
#include "ops/check.h"
#include "recipe/recipe.h"
#include "report/checklist.h"
#include "report/json.h"

namespace slipway::choose {
namespace {

namespace fs = std::filesystem;
using recipe::Recipe;
using report::Report;

constexpr double kMostRateSeconds = 5;
constexpr double kLayerSeconds = 0.3;

Result<std::string> hash_of(const fs::path& path) {
  const auto file = TRY(MappedFile::open(path));
  const XXH128_hash_t hash = XXH3_128bits(file->bytes().data(), file->bytes().size());
  char text[48];
  std::snprintf(text, sizeof text, "xxh128:%016llx%016llx",
                static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return std::string(text);
}

std::string time_text() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &utc);
  return text;
}

std::vector<report::Port> ports_of(const Graph& graph, const std::vector<ValueId>& ids) {
  std::vector<report::Port> ports;
  for (const ValueId id : ids) {
    if (graph.initializer(id) == nullptr)
      ports.push_back({graph.value(id).name, to_text(graph.value(id).type)});
  }
  return ports;
}

bool contains_words(std::string text, std::string words) {
  const auto lower = [](std::string& s) {
    for (char& c : s) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  };
  lower(text);
  lower(words);
  return text.find(words) != std::string::npos;
}

// The recipe, the model and what follows from them, checked before anything is tried.
struct Job {
  Recipe recipe;
  fs::path folder;  // of the recipe
  fs::path model;
  Report report;
  std::optional<Setup> earlier;
  std::vector<std::string> notes;
};

// A wrong value in a recipe is the recipe's fault, not the command line's.
Status of_key(std::string_view key, const Status& status) {
  if (status.ok()) return {};
  return Error{Code::kInvalid, str(key, ": ", status.error().message)};
}

Status look_at_model(Job& job) {
  job.model = job.folder / job.recipe.model.file;
  Result<Model> read = read_model(job.model);
  if (!read.ok()) return of_key("model.file", read.error());
  const Model model = *std::move(read);
  Problems problems;
  check_model(model, problems);
  if (const Problem* fault = first_fault(problems)) return to_error(*fault);
  Graph named = model.graph.clone();
  TRY(of_key("model.dims", check_extents(job.recipe.model.dims, name_open_dims(named))));
  TRY(check_contract(job.recipe, model.graph));
  report::ModelFacts& facts = job.report.model;
  facts.name = job.recipe.model.name;
  facts.version = job.recipe.model.version.text();
  facts.file = job.recipe.model.file.string();
  facts.hash = TRY(hash_of(job.model));
  std::error_code error;
  facts.file_bytes = fs::file_size(job.model, error);
  facts.inputs = ports_of(model.graph, model.graph.inputs);
  facts.outputs = ports_of(model.graph, model.graph.outputs);
  const std::string producer = str(model.producer_name, " ", model.producer_version);
  if (producer.size() > 1) facts.more.emplace_back("producer", producer);
  facts.more.emplace_back("opset", str(model.opset("")));
  facts.more.emplace_back("nodes", str(model.graph.nodes.size()));
  facts.more.emplace_back("check", problems.empty()
                                       ? std::string("no problem")
                                       : str("no problem, ", problems.size(), " warnings"));
  return {};
}

// What an earlier build left: its version binds this one, its choice is kept where it may be.
Status look_at_earlier(const fs::path& out, Job& job) {
  const fs::path path = out / kMark;
  std::error_code error;
  if (!fs::exists(path, error)) return {};
  const Result<Report> earlier = report::read_report(path);
  if (!earlier.ok()) {
    job.notes.push_back(str(earlier.error().message, "; it is not taken into account"));
    return {};
  }
  for (std::string& note : TRY(check_version(job.report.model, earlier->model)))
    job.notes.push_back(std::move(note));
  if (earlier->chosen && earlier->model.hash == job.report.model.hash &&
      earlier->machine_id == job.report.machine_id && earlier->target == job.report.target) {
    job.earlier = setup_of(earlier->candidates[*earlier->chosen]);
  }
  return {};
}

Result<Job> look(const BuildRequest& request) {
  Job job;
  job.recipe = TRY(recipe::read_recipe(request.recipe));
  if (!request.target.empty())
    job.recipe = TRY(recipe::for_target(std::move(job.recipe), request.target));
  job.folder = request.recipe.parent_path();
  MachineFacts machine = machine_facts(device::Root());
  job.report.slipway_version = request.slipway_version;
  job.report.made_at = time_text();
  job.report.target = request.target;
  job.report.budget = {job.recipe.budget.p99_latency_ms, job.recipe.budget.accuracy_drop_percent,
                       job.recipe.budget.memory_mib};
  job.report.machine = std::move(machine.facts);
  job.report.machine_id = std::move(machine.id);
  if (!contains_words(machine.name, job.recipe.board)) {
    job.notes.push_back(str("target ", request.target, " is for '", job.recipe.board,
                            "', and this is '", machine.name,
                            "': these figures are not that board's; build there for those"));
  }
  TRY(look_at_model(job));
  TRY(look_at_earlier(request.out, job));
  return job;
}

std::vector<std::string> engines_here() {
  std::vector<std::string> names;
  for (const engines::Engine* engine : engines::all_engines()) {
    if (engine->probe().is_here) names.emplace_back(engine->name());
  }
  return names;
}

// What may be tried: the recipe's, or all that is here.
Result<recipe::Tries> tries_of(Job& job) {
  recipe::Tries tries = job.recipe.tries;
  if (tries.engines.empty()) tries.engines = engines_here();
  for (const std::string& engine : tries.engines) {
    const auto found = engines::find_engine(engine);
    if (!found.ok()) return Error{Code::kInvalid, str("build.engines: ", found.error().message)};
  }
  if (!job.recipe.samples) {
    const bool asks_more = std::any_of(tries.precisions.begin(), tries.precisions.end(),
                                       [](const std::string& p) { return p != "f32"; });
    tries.precisions = {"f32"};
    job.notes.push_back(str(asks_more || !job.recipe.prunes.empty()
                                ? "only f32 was tried, whatever the recipe says"
                                : "only f32 was tried",
                            ": without samples nobody can say what another precision costs"));
  }
  if (tries.precisions.empty()) tries.precisions = recipe::precision_names();
  if (tries.threads.empty()) {
    tries.threads = {1};
    const std::size_t cores = std::thread::hardware_concurrency();
    if (cores > 1) tries.threads.push_back(cores);
  }
  return tries;
}

// Whether windows slide; where the recipe has some and they cannot, a note says why.
bool windows_slide(const recipe::Tries& tries, Workshop& workshop, Job& job) {
  const bool has_native = std::ranges::count(tries.engines, "native") > 0;
  if (!has_native || workshop.slides().empty()) return false;
  const Status slides = workshop.can_slide();
  if (!slides.ok()) {  // of a model, or of what the recipe says of its window
    const bool is_told = slides.error().code == Code::kUnsupported;
    job.notes.push_back(str(is_told ? "" : "no window slides: ", slides.error().message));
  }
  return slides.ok();
}

// Numbers of threads that change nothing for native are not tried with it: of a small model one
// thread runs everything.
Result<std::vector<std::size_t>> native_threads(const recipe::Tries& tries,
                                                const Workshop& workshop, Job& job) {
  if (std::ranges::count(tries.engines, "native") == 0) return tries.threads;
  std::vector<std::size_t> differ;
  std::set<std::size_t> used;
  for (const std::size_t threads : tries.threads) {
    const std::size_t share = TRY(workshop.native_threads(threads));
    if (used.insert(share).second) {
      differ.push_back(threads);
    } else {
      job.notes.push_back(str("native was not tried with ", threads,
                              " threads: it is as with fewer, for there is little to share"));
    }
  }
  return differ;
}

std::vector<Setup> setups_of(const recipe::Tries& tries,
                             const std::vector<std::size_t>& native_threads,
                             const std::vector<double>& prunes, bool slides) {
  std::vector<double> pruned = {0};
  pruned.insert(pruned.end(), prunes.begin(), prunes.end());
  std::vector<Setup> setups;
  const auto add = [&setups](Setup setup) {
    if (std::ranges::count(setups, setup) == 0) setups.push_back(std::move(setup));
  };
  for (const std::string& engine : tries.engines) {
    for (const double share : pruned) {
      for (const std::string& precision : tries.precisions) {
        for (const std::size_t threads : engine == "native" ? native_threads : tries.threads) {
          Setup setup = {engine, precision, threads, share};
          add(setup);
          setup.slides = slides && engine == "native";
          add(setup);
        }
      }
    }
  }
  return setups;
}

WorkshopOptions workshop_options(const Job& job, const fs::path& folder) {
  WorkshopOptions options;
  options.model = job.model;
  options.dims = job.recipe.model.dims;
  options.optimises = job.recipe.optimizes;
  options.slides = slides_of(job.recipe);
  options.engine_options = job.recipe.engine_options;
  options.folder = folder;
  if (job.recipe.budget.accuracy_drop_percent)
    options.most_drop = *job.recipe.budget.accuracy_drop_percent / 100;
  if (job.recipe.samples) {
    options.samples = job.folder / job.recipe.samples->file;
    options.sample_limit = job.recipe.samples->limit;
    if (!job.recipe.samples->labels.empty())
      options.labels = job.folder / job.recipe.samples->labels;
  }
  return options;
}

report::Candidate candidate_of(const Trial& trial, report::Outcome outcome, std::string why) {
  report::Candidate candidate = candidate_of(trial.setup);
  candidate.outcome = outcome;
  candidate.reason = std::move(why);
  if (trial.is_timed()) candidate.latency = latency_of(trial.slices);
  candidate.accuracy = trial.accuracy;
  if (trial.probe) {
    candidate.memory_bytes = trial.probe->memory_bytes;
    candidate.load_ms = trial.probe->load_s * 1e3;
  }
  candidate.file_bytes = trial.file_bytes;
  return candidate;
}

void take_choice(const std::vector<Trial>& trials, Choice choice, Job& job) {
  Report& report = job.report;
  for (std::size_t i = 0; i < trials.size(); ++i)
    report.candidates.push_back(
        candidate_of(trials[i], choice.outcomes[i], std::move(choice.whys[i])));
  report.chosen = choice.chosen;
  report.verdict = std::move(choice.verdict);
  report.reasons = std::move(choice.reasons);
  report.reasons.insert(report.reasons.end(), job.notes.begin(), job.notes.end());
}

void note_needs(const Setup& setup, Job& job) {
  const auto given = job.recipe.engine_options.find(setup.engine);
  if (given != job.recipe.engine_options.end())
    job.report.engine_options = portable_options(setup.engine, given->second);
  job.report.needs = needs_of(setup, job.report.engine_options, job.recipe.board, device::Root());
}

std::optional<double> rate_of(const Recipe& recipe) {
  std::optional<double> rate_hz;
  for (const auto& [name, input] : recipe.inputs) {
    if (input.rate_hz) rate_hz = std::max(rate_hz.value_or(0), *input.rate_hz);
  }
  return rate_hz;
}

Status run_alone(const Setup& setup, double seconds, Workshop& workshop, Report& report) {
  measure::LoadOptions options;
  options.seconds = seconds;
  device::Sensors sensors{device::Root()};
  options.sensors = &sensors;
  const measure::LoadResult load = TRY(workshop.load(setup, options));
  report.alone = latency_of(load);
  if (load.query_j) report.climate.energy_per_run_mj = *load.query_j * 1e3;
  return {};
}

Status run_at_rate(const Setup& setup, double rate_hz, double seconds, Workshop& workshop,
                   Report& report) {
  measure::LoadOptions options;
  options.scenario = measure::Scenario::kRate;
  options.rate_hz = rate_hz;
  options.seconds = std::min(seconds, kMostRateSeconds);
  const measure::LoadResult load = TRY(workshop.load(setup, options));
  report.rate_hz = rate_hz;
  report.late_runs = load.late;
  report.at_rate = latency_of(load);
  return {};
}

// What is worth knowing of the chosen one.
Status look_closer(const Setup& setup, const BuildRequest& request, Workshop& workshop, Job& job) {
  const auto tell = [&](std::string_view what) {
    if (request.progress) request.progress(what, -1);
  };
  Report& report = job.report;
  tell(str("running ", label(setup), " alone"));
  TRY(run_alone(setup, request.seconds, workshop, report));
  if (const std::optional<double> rate_hz = rate_of(job.recipe)) {
    tell(str("running ", label(setup), " at ", *rate_hz, " Hz"));
    TRY(run_at_rate(setup, *rate_hz, request.seconds, workshop, report));
  }
  TRY(check_promises(job.recipe, setup, workshop, report));
  tell(str("profiling ", label(setup)));
  if (setup.engine == "native") {
    report.layers =
        TRY(time_layers(TRY(workshop.file_of(setup)), TRY(workshop.inputs_of_a_run(setup)),
                        setup.threads, kLayerSeconds));
  }
  Result<std::vector<report::LayerError>> errors = workshop.layer_errors(setup);
  if (errors.ok()) {
    report.layer_errors = *std::move(errors);
  } else {  // the model is chosen whether or not its inside can be compared
    report.reasons.push_back(str("errors layer by layer are not told: ", errors.error().message));
  }
  return {};
}

}  // namespace

Result<Report> build(const BuildRequest& request) {
  Job job = TRY(look(request));
  Publication publication = TRY(Publication::begin(request.out));
  const fs::path work = publication.folder() / "work";
  std::error_code error;
  if (!fs::create_directory(work, error))
    return Error{Code::kIo, str(work.string(), " cannot be made: ", error.message())};
  if (request.progress) request.progress("optimising", -1);
  const std::unique_ptr<Workshop> workshop = TRY(Workshop::open(workshop_options(job, work)));
  const recipe::Tries tries = TRY(tries_of(job));
  const std::vector<double> prunes = job.recipe.samples ? job.recipe.prunes : std::vector<double>();
  const std::vector<std::size_t> threads = TRY(native_threads(tries, *workshop, job));
  const std::vector<Setup> setups =
      setups_of(tries, threads, prunes, windows_slide(tries, *workshop, job));
  job.report.optimised = workshop->optimised();
  if (job.report.optimised) job.notes.push_back(job.report.optimised->text);
  job.report.samples = workshop->sample_count() == 0 ? std::string("no samples")
                                                     : str(workshop->sample_count(), " samples of ",
                                                           job.recipe.samples->file.string());
  job.report.baseline = "the original model in float, as its reference implementation computes it";

  SearchOptions options;
  options.budget = job.report.budget;
  options.seconds = request.seconds;
  ClimateWatch watch{device::Root()};
  options.progress = [&](std::string_view what, double share) {
    watch.read();
    if (request.progress) request.progress(what, share);
  };
  const std::vector<Trial> trials = search(setups, *workshop, options);
  job.notes.insert(job.notes.end(), workshop->notes().begin(), workshop->notes().end());
  take_choice(trials, choose(trials, job.report.budget, job.earlier), job);
  if (job.report.chosen && setups[*job.report.chosen].slides) {
    job.report.reasons.insert(job.report.reasons.begin(),
                              slides_text(workshop->slides(), workshop->reference().inputs()));
  }
  if (job.report.chosen) note_needs(setups[*job.report.chosen], job);
  if (job.report.chosen) TRY(look_closer(setups[*job.report.chosen], request, *workshop, job));
  watch.read();
  const std::optional<double> energy_mj = job.report.climate.energy_per_run_mj;
  job.report.climate = watch.climate();
  job.report.climate.energy_per_run_mj = energy_mj;
  job.report.checks = report::checklist(&job.report);
  if (!job.report.chosen) return std::move(job.report);

  if (request.progress) request.progress("writing", -1);
  TRY(write_artifacts(publication.folder(), setups[*job.report.chosen], *workshop, request.recipe,
                      job.report));
  fs::remove_all(work, error);
  if (error) return Error{Code::kIo, str(work.string(), " cannot be removed: ", error.message())};
  TRY(publication.publish());
  return std::move(job.report);
}

}  // namespace slipway::choose
