#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/percentile.h"
#include "base/str.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "command.h"
#include "compile/plan_summary.h"
#include "compile/prove.h"
#include "console.h"
#include "model_arguments.h"
#include "plan_session.h"
#include "plan_text.h"
#include "run_inputs.h"

namespace slipway {
namespace {

using Json = nlohmann::ordered_json;

constexpr Option kOptions[] = {
    {"--threads", "N", "threads that run it (1)"},
    {"--runs", "N", "how many runs are timed"},
    {"--seconds", "N", "for how long runs are timed (2)"},
    {"--input", "[NAME=]FILE", "data for an input: .npy, .npz or .pb (numbers made up otherwise)",
     true},
    {"--batch", "N", "take the open first dimension of inputs for N (1)"},
    {"--set", "DIM=N", "take an open dimension of a model for N (may be repeated)", true},
    {"--weights", "TYPE", "store a model's weights as f32, f16, bf16 or int8 (f32)"},
    {"--profile", "", "what each step takes"},
    {"--json", "", "print all of it as JSON"},
};
constexpr std::int64_t kMostRuns = 10'000'000;
constexpr std::int64_t kMostSeconds = 86'400;
constexpr std::size_t kLeastRuns = 10;
constexpr std::size_t kRunsForTail = 1000;  // below it, one run in a thousand is none

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Limits {
  std::size_t runs = 0;  // 0: as many as the seconds allow
  double seconds = 2;
};

// What a person waits for before the first run.
struct Times {
  double compile_s = 0;  // of a model: reading, checking and compiling it
  double prepare_s = 0;  // of a plan: reading it, too
};

struct Subject {
  std::shared_ptr<const plan::Plan> plan;
  Tensor bytes;  // of a plan made here
  std::unique_ptr<runtime::Session> session;
  std::vector<NamedValue> inputs;
  Times times;
};

struct Measured {
  std::vector<double> runs_s;  // ascending
  std::vector<runtime::StepTime> steps;
  std::size_t profiled_runs = 0;

  double at(double share) const { return nearest_rank(runs_s, share); }
};

std::vector<NamedValue> values_of(BoundInputs bound) {
  std::vector<NamedValue> values;
  for (BoundInput& input : bound.inputs) values.push_back(std::move(input.value));
  return values;
}

// The session's own inputs: definite, whatever the plan leaves open.
Result<std::vector<NamedValue>> made_up_inputs(const runtime::Session& session) {
  Model model;
  for (const runtime::Port& port : session.inputs()) {
    const Shape shape(port.dims.begin(), port.dims.end());
    model.graph.inputs.push_back(
        model.graph.add_value(std::string(port.name), Type::tensor(port.dtype, to_dims(shape))));
  }
  return compile::sample_inputs(model, 1);
}

Result<Subject> prepare_plan(const Arguments& arguments) {
  if (arguments.has("--set"))
    return Error{Code::kUsage, "--set goes with a model: a plan's dimensions are in it"};
  if (arguments.has("--weights"))
    return Error{Code::kUsage, "--weights goes with a model: a plan's weights are in it"};
  const std::string& path = arguments.positional()[0];
  Subject subject;
  const auto start = Clock::now();
  subject.plan = TRY(open_plan(path));
  const std::int64_t batch = std::max<std::int64_t>(1, TRY(parse_compile_options(arguments)).batch);
  subject.session = TRY(prepare_session(subject.plan, TRY(parse_threads(arguments)), batch));
  subject.times.prepare_s = seconds_since(start);
  if (arguments.has("--input")) {
    const Graph signature = compile::signature(*subject.plan);
    subject.inputs = values_of(TRY(bind_inputs(signature, arguments.values("--input"))));
  }
  return subject;
}

Result<Subject> prepare_model(const Arguments& arguments) {
  compile::CompileOptions options = TRY(parse_compile_options(arguments));
  Subject subject;
  const auto start = Clock::now();
  Model model = TRY(open_runnable_model(arguments.positional()[0]));
  if (arguments.has("--input")) {
    BoundInputs bound = TRY(bind_inputs(model.graph, arguments.values("--input")));
    for (const auto& [symbol, extent] : bound.extents) options.dims.try_emplace(symbol, extent);
    subject.inputs = values_of(std::move(bound));
  }
  compile::Compiled compiled = TRY(compile_runnable_model(std::move(model), options));
  subject.times.compile_s = seconds_since(start);
  subject.bytes = std::move(compiled.file);
  const auto prepare_start = Clock::now();
  subject.plan = std::make_shared<const plan::Plan>(TRY(plan::Plan::parse(subject.bytes.bytes())));
  subject.session = TRY(prepare_session(subject.plan, TRY(parse_threads(arguments))));
  subject.times.prepare_s = seconds_since(prepare_start);
  return subject;
}

Status warm_up(SessionValues& values) {
  constexpr double kSeconds = 0.2;
  constexpr int kLeast = 3;
  const auto start = Clock::now();
  for (int runs = 0; runs < kLeast || seconds_since(start) < kSeconds; ++runs) TRY(values.run());
  return {};
}

Result<std::vector<double>> time_runs(SessionValues& values, const Limits& limits) {
  std::vector<double> runs_s;
  const auto start = Clock::now();
  const auto is_enough = [&] {
    if (limits.runs > 0) return runs_s.size() >= limits.runs;
    return runs_s.size() >= kLeastRuns &&
           (seconds_since(start) >= limits.seconds || runs_s.size() >= kMostRuns);
  };
  while (!is_enough()) {
    const auto run_start = Clock::now();
    TRY(values.run());
    runs_s.push_back(seconds_since(run_start));
  }
  std::sort(runs_s.begin(), runs_s.end());
  return runs_s;
}

Result<Measured> measure(Subject& subject, const Limits& limits, bool wants_profile) {
  SessionValues values = TRY(SessionValues::create(*subject.session, subject.inputs));
  TRY(warm_up(values));
  Measured measured;
  measured.runs_s = TRY(time_runs(values, limits));
  if (!wants_profile) return measured;
  subject.session->start_profile();
  measured.profiled_runs = TRY(time_runs(values, limits)).size();
  const std::span<const runtime::StepTime> steps = subject.session->profile();
  measured.steps.assign(steps.begin(), steps.end());
  return measured;
}

std::string rate_text(std::uint64_t multiply_adds, double seconds) {
  if (multiply_adds == 0 || seconds <= 0) return "";
  return str(
      approximate(static_cast<std::int64_t>(2 * static_cast<double>(multiply_adds) / seconds)),
      "FLOP/s");
}

std::string profile_text(const Measured& measured) {
  std::vector<runtime::StepTime> steps = measured.steps;
  std::stable_sort(steps.begin(), steps.end(),
                   [](const auto& a, const auto& b) { return a.nanoseconds > b.nanoseconds; });
  double total_ns = 0;
  for (const runtime::StepTime& step : steps) total_ns += static_cast<double>(step.nanoseconds);
  std::vector<std::vector<std::string>> rows;
  for (const runtime::StepTime& step : steps) {
    const auto ns = static_cast<double>(step.nanoseconds);
    const double run_s = ns * 1e-9 / static_cast<double>(measured.profiled_runs);
    char share[16];
    std::snprintf(share, sizeof share, "%.1f %%", 100 * ns / std::max(total_ns, 1.0));
    rows.push_back({std::string(step_name(step.name)), std::string(step.kernel),
                    seconds_text(run_s), share, rate_text(step.multiply_adds, run_s)});
  }
  return str(
      "steps, the slowest first, two clock readings in each\n",
      table_text(
          {{"name", false, true}, {"kernel"}, {"a run", true}, {"share", true}, {"rate", true}},
          rows, width_columns(stdout)));
}

std::string text_of(const Subject& subject, const Measured& measured, std::size_t threads) {
  const compile::PlanSummary costs = {.weight_bytes = subject.plan->weights().size(),
                                      .arena_bytes = subject.session->memory_bytes(),
                                      .multiply_adds = subject.plan->header().multiply_adds};
  const bool has_tail = measured.runs_s.size() >= kRunsForTail;
  std::string text = str("runs     ", measured.runs_s.size(), " (", session_text(threads), ")\n",
                         "p50      ", seconds_text(measured.at(0.5)), "\n",  //
                         "p90      ", seconds_text(measured.at(0.9)), "\n",  //
                         "p99      ", seconds_text(measured.at(0.99)), "\n");
  if (has_tail) text += str("p99.9    ", seconds_text(measured.at(0.999)), "\n");
  text += str("max      ", seconds_text(measured.runs_s.back()), "\n");
  const std::string rate = rate_text(costs.multiply_adds, measured.at(0.5));
  if (!rate.empty()) text += str("rate     ", rate, "\n");
  if (subject.times.compile_s > 0)
    text +=
        str("compile  ", seconds_text(subject.times.compile_s), ", from the file to the plan\n");
  text += str("prepare  ", seconds_text(subject.times.prepare_s),
              subject.times.compile_s > 0 ? "" : ", from the file to ready to run", "\n");
  return str(text, "memory   ", costs_text(costs), "\n");
}

Json json_of(const Subject& subject, const Measured& measured, std::size_t threads) {
  const auto us = [](double seconds) { return seconds * 1e6; };
  Json root = {{"isa", isa_name(best_isa())},         {"threads", threads},
               {"runs", measured.runs_s.size()},      {"min_us", us(measured.runs_s.front())},
               {"p50_us", us(measured.at(0.5))},      {"p90_us", us(measured.at(0.9))},
               {"p99_us", us(measured.at(0.99))},     {"p999_us", us(measured.at(0.999))},
               {"max_us", us(measured.runs_s.back())}};
  if (subject.times.compile_s > 0) root["compile_ms"] = subject.times.compile_s * 1e3;
  root["prepare_ms"] = subject.times.prepare_s * 1e3;
  root["weight_bytes"] = subject.plan->weights().size();
  root["session_bytes"] = subject.session->memory_bytes();
  root["multiply_adds"] = subject.plan->header().multiply_adds;
  if (measured.profiled_runs == 0) return root;
  Json& steps = root["steps"] = Json::array();
  for (const runtime::StepTime& step : measured.steps) {
    const double step_us =
        static_cast<double>(step.nanoseconds) * 1e-3 / static_cast<double>(measured.profiled_runs);
    steps.push_back({{"name", step.name},
                     {"kernel", step.kernel},
                     {"mean_us", step_us},
                     {"multiply_adds", step.multiply_adds}});
  }
  return root;
}

Result<Limits> parse_limits(const Arguments& arguments) {
  if (arguments.has("--runs") && arguments.has("--seconds"))
    return Error{Code::kUsage, "choose one of --runs and --seconds"};
  Limits limits;
  if (arguments.has("--runs")) {
    limits.runs = static_cast<std::size_t>(
        TRY(parse_number("--runs", arguments.value("--runs"), 1, kMostRuns)));
  }
  if (arguments.has("--seconds")) {
    limits.seconds = static_cast<double>(
        TRY(parse_number("--seconds", arguments.value("--seconds"), 1, kMostSeconds)));
  }
  return limits;
}

Result<int> run_bench(const Arguments& arguments) {
  TRY(expect_operands("bench", arguments.positional().size(), 1, "MODEL"));
  const Limits limits = TRY(parse_limits(arguments));
  const std::size_t threads = TRY(parse_threads(arguments));
  Subject subject = TRY(is_plan_file(arguments.positional()[0]) ? prepare_plan(arguments)
                                                                : prepare_model(arguments));
  if (subject.inputs.empty()) subject.inputs = TRY(made_up_inputs(*subject.session));
  const std::string warning = reference_warning(TRY(compile::summarize(*subject.plan)));
  if (!warning.empty()) say(warning);
  const Measured measured = TRY(measure(subject, limits, arguments.has("--profile")));
  if (arguments.has("--json")) {
    TRY(print_data(
        json_of(subject, measured, threads).dump(2, ' ', false, Json::error_handler_t::replace) +
        "\n"));
    return kExitOk;
  }
  TRY(print_data(text_of(subject, measured, threads)));
  if (arguments.has("--profile")) TRY(print_data(profile_text(measured)));
  return kExitOk;
}

}  // namespace

const Command kBenchCommand = {
    .name = "bench",
    .summary = "time the runs of a model or a plan",
    .operands = "MODEL",
    .options = kOptions,
    .about =
        "Compiles a model, or takes a plan, runs it over and over on the same data and prints how "
        "long runs\n"
        "take: the median, the tail, the slowest. Runs until the caches are warm are not counted.",
    .example = "slipway bench model.plan --threads 2 --profile",
    .run = run_bench,
};

}  // namespace slipway
