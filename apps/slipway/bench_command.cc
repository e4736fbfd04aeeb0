#include <cstdio>
#include <memory>
#include <optional>

#include "base/str.h"
#include "bench_csv.h"
#include "bench_options.h"
#include "bench_plan.h"
#include "bench_text.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "command.h"
#include "compile/plan_summary.h"
#include "console.h"
#include "device/machine.h"
#include "device/sensors.h"
#include "inspect/open_dims.h"
#include "measure/engine_load.h"
#include "measure/json.h"
#include "model_arguments.h"
#include "plan_session.h"
#include "progress_line.h"
#include "run_engine.h"
#include "run_inputs.h"

namespace slipway {
namespace {

using measure::Json;

constexpr double kLong_s = 5;  // from here on progress is told

struct Benched {
  measure::LoadResult result;
  std::optional<PlanLoad> plan;
  std::string how;  // of an engine
};

// `options` learns how many samples a run takes.
Result<measure::EngineLoad> parse_engine_load(const Arguments& arguments,
                                              const BenchRequest& request,
                                              measure::LoadOptions& options) {
  for (const std::string_view option : {"--profile", "--weights"}) {
    if (arguments.has(option)) {
      return Error{Code::kUsage,
                   str(option,
                       " goes without --engine: --engine-option sets what an engine has, "
                       "and slipway engines lists it")};
    }
  }
  measure::EngineLoad load;
  load.engine = TRY(engines::find_engine(arguments.value("--engine")));
  load.sessions = request.sessions;
  engines::Subject& subject = load.subject;
  subject.model = arguments.positional()[0];
  subject.threads = request.threads;
  subject.options = TRY(parse_engine_options(arguments.values("--engine-option")));
  TRY(engines::check_options(*load.engine, subject.options));
  subject.dims = TRY(parse_extents(arguments));
  if (arguments.has("--batch"))
    subject.batch = TRY(parse_number("--batch", arguments.value("--batch"), 1, plan::kMaxBatch));
  options.samples_per_query = static_cast<std::size_t>(subject.batch);
  if (!arguments.has("--input")) return load;

  const bool is_plan = is_plan_file(subject.model);
  Graph signature;
  if (is_plan) {
    signature = compile::signature(*TRY(open_plan(subject.model)));
  } else {
    Model model = TRY(open_model(subject.model));
    name_open_dims(model.graph);
    signature = std::move(model.graph);
  }
  BoundInputs bound = TRY(bind_inputs(signature, arguments.values("--input")));
  options.samples_per_query = samples_in(bound, signature, options.samples_per_query);
  for (const auto& [symbol, extent] : bound.extents) {
    if (is_plan && symbol == compile::kBatchSymbol) {
      subject.batch = extent;
    } else {
      subject.dims.try_emplace(symbol, extent);
    }
  }
  for (BoundInput& input : bound.inputs) load.inputs.push_back(std::move(input.value));
  return load;
}

Result<Benched> bench(const Arguments& arguments, const BenchRequest& request) {
  Benched benched;
  if (arguments.has("--engine")) {
    measure::LoadOptions options = request.load;
    measure::EngineLoad load = TRY(parse_engine_load(arguments, request, options));
    load.progress = [](std::string_view what, double share) {
      if (share >= 0) say(str(what, ", ", static_cast<int>(share * 100), " %"));
    };
    measure::EngineLoaded loaded = TRY(measure::run_engine_load(load, options));
    benched.result = std::move(loaded.result);
    benched.how = std::move(loaded.how);
    return benched;
  }
  if (arguments.has("--engine-option"))
    return Error{Code::kUsage, "--engine-option goes with --engine: name the engine, too"};
  benched.plan = TRY(run_plan_load(arguments, request));
  benched.result = benched.plan->result;
  return benched;
}

double percentile_us(const measure::Latency& latency, double share) {
  for (const measure::Percentile& percentile : latency.percentiles) {
    if (percentile.share == share) return percentile.seconds * 1e6;
  }
  return 0;
}

Json json_of(const Benched& benched, const BenchRequest& request, const device::Machine& machine) {
  const measure::Latency& latency = benched.result.latency;
  Json root = {{"isa", isa_name(best_isa())},
               {"threads", request.threads},
               {"runs", latency.queries},
               {"min_us", latency.min_s * 1e6},
               {"p50_us", percentile_us(latency, 0.5)},
               {"p90_us", percentile_us(latency, 0.9)},
               {"p99_us", percentile_us(latency, 0.99)},
               {"p999_us", percentile_us(latency, 0.999)},
               {"max_us", latency.max_s * 1e6}};
  if (benched.plan.has_value()) add_plan_json(root, *benched.plan);
  if (!benched.how.empty()) root["engine"] = benched.how;
  root["load"] = measure::json_of(benched.result);
  root["machine"] = measure::json_of(machine);
  if (benched.plan.has_value()) add_steps_json(root, *benched.plan);
  return root;
}

std::string text_of(const Benched& benched, const Arguments& arguments, const BenchRequest& request,
                    const device::Machine& machine) {
  const measure::LoadResult& result = benched.result;
  std::string text = str("runs     ", result.latency.queries, " (",
                         benched.plan.has_value() ? session_text(request.threads) : benched.how,
                         ")\n", latency_text(result));
  if (benched.plan.has_value()) {
    text += plan_costs_text(*benched.plan);
  } else if (result.load_s.has_value()) {
    text += str("load     ", seconds_text(*result.load_s), ", from the file to ready to run\n");
  }
  text += conditions_text(result, machine);
  if (result.soak.has_value()) text += soak_text(*result.soak);
  if (arguments.has("--histogram"))
    text += str("\n", histogram_text(result.latency, width_columns(stdout)));
  if (arguments.has("--profile")) text += str("\n", profile_text(*benched.plan));
  return text;
}

Result<int> run_bench(const Arguments& arguments) {
  TRY(expect_operands("bench", arguments.positional().size(), 1, "MODEL"));
  BenchRequest request = TRY(parse_bench(arguments));
  const device::Root root;
  const device::Machine machine = device::describe(root);
  device::Sensors sensors(root);
  request.load.sensors = &sensors;
  std::optional<BenchCsv> csv;
  if (!request.csv.empty()) {
    const auto of = request.load.is_soak ? BenchCsv::Of::kWindows : BenchCsv::Of::kRuns;
    csv.emplace(TRY(BenchCsv::create(request.csv, of)));
  }
  if (csv.has_value() && !request.load.is_soak) {
    request.load.on_query = [&csv](double end_s, double latency_s) {
      csv->add_run(end_s, latency_s);
    };
  }
  std::optional<Benched> benched;
  {
    ProgressLine line;
    const std::string_view what = request.load.is_soak ? "soaking" : "measuring";
    if (request.load.queries == 0 && request.load.seconds >= kLong_s)
      request.load.progress = [&line, what](double share) { line.show(what, share); };
    benched = TRY(bench(arguments, request));
  }
  if (csv.has_value()) {
    if (benched->result.soak.has_value()) csv->add_windows(*benched->result.soak);
    TRY(csv->finish());
  }
  if (arguments.has("--json")) {
    TRY(print_data(
        json_of(*benched, request, machine).dump(2, ' ', false, Json::error_handler_t::replace) +
        "\n"));
    return kExitOk;
  }
  TRY(print_data(text_of(*benched, arguments, request, machine)));
  return kExitOk;
}

}  // namespace

const Command kBenchCommand = {
    .name = "bench",
    .summary = "time the runs of a model or a plan",
    .operands = "MODEL",
    .options = bench_options(),
    .about =
        "Compiles a model, or takes a plan, or has an engine take either, runs it over and over on "
        "the same\n"
        "data and prints how long runs take: the median, the tail, the slowest. Runs until the "
        "caches are\n"
        "warm are not counted.\n"
        "\n"
        "Scenarios: single, the next run begins when the last one ended; rate, runs are due at "
        "fixed times,\n"
        "and one that waits for another counts from when it was due; multi, several sessions at "
        "once, each a\n"
        "single stream; offline, as many samples as can be (with --batch).\n"
        "In brackets stands what a percentile of all runs there could be stays within, where the "
        "runs are\n"
        "enough to say so (early stopping, as MLPerf has it). --soak exits 0 whatever its verdict "
        "is.",
    .example = "slipway bench model.plan --rate 50 --seconds 60",
    .run = run_bench,
};

}  // namespace slipway
