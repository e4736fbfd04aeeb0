#include "bench_plan.h"

#include <algorithm>
#include <cstdio>

#include "base/str.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "compile/plan_summary.h"
#include "compile/prove.h"
#include "console.h"
#include "measure/clock.h"
#include "measure/memory.h"
#include "model_arguments.h"
#include "plan_session.h"
#include "plan_text.h"
#include "run_inputs.h"

namespace slipway {
namespace {

double seconds_since(double start_s) { return measure::machine_clock().now_s() - start_s; }

// A plan with its bytes where it was made here.
struct Opened {
  std::shared_ptr<const plan::Plan> plan;
  std::vector<NamedValue> inputs;
  double compile_s = 0;
  double open_s = 0;
  std::int64_t batch = 1;
  std::size_t samples = 1;  // in a run
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

Result<Opened> open_plan_file(const Arguments& arguments) {
  if (arguments.has("--set"))
    return Error{Code::kUsage, "--set goes with a model: a plan's dimensions are in it"};
  if (arguments.has("--weights"))
    return Error{Code::kUsage, "--weights goes with a model: a plan's weights are in it"};
  Opened opened;
  opened.batch = std::max<std::int64_t>(1, TRY(parse_compile_options(arguments)).batch);
  const double start_s = measure::machine_clock().now_s();
  opened.samples = static_cast<std::size_t>(opened.batch);
  opened.plan = TRY(open_plan(arguments.positional()[0]));
  opened.open_s = seconds_since(start_s);
  if (arguments.has("--input")) {
    const Graph signature = compile::signature(*opened.plan);
    BoundInputs bound = TRY(bind_inputs(signature, arguments.values("--input")));
    opened.samples = samples_in(bound, signature, static_cast<std::size_t>(opened.batch));
    opened.inputs = values_of(std::move(bound));
  }
  return opened;
}

Result<Opened> compile_model_file(const Arguments& arguments) {
  compile::CompileOptions options = TRY(parse_compile_options(arguments));
  Opened opened;
  opened.samples = static_cast<std::size_t>(std::max<std::int64_t>(1, options.batch));
  const double start_s = measure::machine_clock().now_s();
  Model model = TRY(open_runnable_model(arguments.positional()[0]));
  if (arguments.has("--input")) {
    BoundInputs bound = TRY(bind_inputs(model.graph, arguments.values("--input")));
    opened.samples = samples_in(bound, model.graph, opened.samples);
    for (const auto& [symbol, extent] : bound.extents) options.dims.try_emplace(symbol, extent);
    opened.inputs = values_of(std::move(bound));
  }
  auto compiled =
      std::make_shared<compile::Compiled>(TRY(compile_runnable_model(std::move(model), options)));
  opened.compile_s = seconds_since(start_s);
  const double parse_s = measure::machine_clock().now_s();
  const std::span<const std::byte> bytes = compiled->file.bytes();
  opened.plan =
      std::make_shared<const plan::Plan>(TRY(plan::Plan::parse(bytes, std::move(compiled))));
  opened.open_s = seconds_since(parse_s);
  return opened;
}

std::string rate_text(std::uint64_t multiply_adds, double seconds) {
  if (multiply_adds == 0 || seconds <= 0) return "";
  return str(
      approximate(static_cast<std::int64_t>(2 * static_cast<double>(multiply_adds) / seconds)),
      "FLOP/s");
}

Status profile(PlanLoad& load, SessionValues& values, const measure::LoadOptions& options) {
  measure::LoadOptions again = options;
  again.scenario = measure::Scenario::kSingle;
  again.is_soak = false;
  again.sensors = nullptr;
  again.on_query = nullptr;
  again.progress = nullptr;
  measure::Stream stream = {[&values] { return values.run(); }, &measure::machine_clock()};
  load.sessions[0]->start_profile();
  const measure::LoadResult result = TRY(measure::run_load({&stream, 1}, again));
  load.profiled_runs = result.latency.queries + result.warm_up_queries;
  const std::span<const runtime::StepTime> steps = load.sessions[0]->profile();
  load.steps.assign(steps.begin(), steps.end());
  return {};
}

}  // namespace

Result<PlanLoad> run_plan_load(const Arguments& arguments, const BenchRequest& request) {
  const auto before = measure::resident_bytes();
  Opened opened = TRY(is_plan_file(arguments.positional()[0]) ? open_plan_file(arguments)
                                                              : compile_model_file(arguments));
  PlanLoad load;
  load.plan = opened.plan;
  load.compile_s = opened.compile_s;
  const double start_s = measure::machine_clock().now_s();
  load.sessions.push_back(TRY(prepare_session(load.plan, request.threads, opened.batch)));
  load.prepare_s = opened.open_s + seconds_since(start_s);
  const auto after = measure::resident_bytes();
  while (load.sessions.size() < request.sessions)
    load.sessions.push_back(TRY(prepare_session(load.plan, request.threads, opened.batch)));

  const std::string warning = reference_warning(TRY(compile::summarize(*load.plan)));
  if (!warning.empty()) say(warning);
  if (opened.inputs.empty()) opened.inputs = TRY(made_up_inputs(*load.sessions[0]));
  std::vector<SessionValues> values;
  for (const auto& session : load.sessions)
    values.push_back(TRY(SessionValues::create(*session, opened.inputs)));
  std::vector<measure::Stream> streams;
  for (SessionValues& each : values)
    streams.push_back({[&each] { return each.run(); }, &measure::machine_clock()});

  measure::LoadOptions options = request.load;
  options.samples_per_query = opened.samples;
  load.result = TRY(measure::run_load(streams, options));
  load.result.load_s = load.compile_s + load.prepare_s;
  if (before.has_value() && after.has_value() && *after >= *before)
    load.result.session_bytes = *after - *before;
  load.result.resident_bytes = measure::resident_bytes();
  load.result.resident_peak_bytes = measure::resident_peak_bytes();
  if (arguments.has("--profile")) TRY(profile(load, values[0], request.load));
  return load;
}

std::string plan_costs_text(const PlanLoad& load) {
  const std::uint64_t multiply_adds = load.plan->header().multiply_adds;
  const compile::PlanSummary costs = {.weight_bytes = load.plan->weights().size(),
                                      .arena_bytes = load.sessions[0]->memory_bytes(),
                                      .multiply_adds = multiply_adds};
  std::string text;
  const std::string rate = rate_text(multiply_adds, load.result.latency.percentiles[0].seconds);
  if (!rate.empty()) text += str("rate     ", rate, "\n");
  if (load.compile_s > 0)
    text += str("compile  ", seconds_text(load.compile_s), ", from the file to the plan\n");
  text += str("prepare  ", seconds_text(load.prepare_s),
              load.compile_s > 0 ? "" : ", from the file to ready to run", "\n");
  return str(text, "memory   ", costs_text(costs), "\n");
}

std::string profile_text(const PlanLoad& load) {
  std::vector<runtime::StepTime> steps = load.steps;
  std::stable_sort(steps.begin(), steps.end(),
                   [](const auto& a, const auto& b) { return a.nanoseconds > b.nanoseconds; });
  double total_ns = 0;
  for (const runtime::StepTime& step : steps) total_ns += static_cast<double>(step.nanoseconds);
  std::vector<std::vector<std::string>> rows;
  for (const runtime::StepTime& step : steps) {
    const auto ns = static_cast<double>(step.nanoseconds);
    const double run_s = ns * 1e-9 / static_cast<double>(load.profiled_runs);
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

void add_plan_json(measure::Json& root, const PlanLoad& load) {
  if (load.compile_s > 0) root["compile_ms"] = load.compile_s * 1e3;
  root["prepare_ms"] = load.prepare_s * 1e3;
  root["weight_bytes"] = load.plan->weights().size();
  root["session_bytes"] = load.sessions[0]->memory_bytes();
  root["multiply_adds"] = load.plan->header().multiply_adds;
}

void add_steps_json(measure::Json& root, const PlanLoad& load) {
  if (load.profiled_runs == 0) return;
  measure::Json& steps = root["steps"] = measure::Json::array();
  for (const runtime::StepTime& step : load.steps) {
    const double step_us =
        static_cast<double>(step.nanoseconds) * 1e-3 / static_cast<double>(load.profiled_runs);
    steps.push_back({{"name", step.name},
                     {"kernel", step.kernel},
                     {"mean_us", step_us},
                     {"multiply_adds", step.multiply_adds}});
  }
}

}  // namespace slipway
