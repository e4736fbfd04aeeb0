#include <chrono>

#include "base/str.h"
#include "cli/text.h"
#include "command.h"
#include "compile/plan_summary.h"
#include "console.h"
#include "engines/engine.h"
#include "inspect/json.h"
#include "inspect/open_dims.h"
#include "inspect/value_text.h"
#include "model_arguments.h"
#include "ops/interpreter.h"
#include "plan_session.h"
#include "run_engine.h"
#include "run_inputs.h"
#include "run_outputs.h"

namespace slipway {
namespace {

constexpr std::size_t kShownElements = 64;

constexpr Option kOptions[] = {
    {"--input", "[NAME=]FILE", "data for an input: .npy, .npz (an array for each input) or .pb",
     true},
    {"--output", "[NAME=]FILE", "where results go: .npy, or .npz for all of them", true},
    {"--threads", "N", "threads that run a plan, or an engine (1)"},
    {"--engine", "NAME", "run by an engine: slipway engines lists them"},
    {"--engine-option", "NAME=VALUE", "an option of the engine (may be repeated)", true},
    {"--seed", "N", "of operators that draw random numbers and state no seed (0)"},
    {"--json", "", "print the results as JSON"},
};

void say_inputs(const BoundInputs& bound) {
  for (const BoundInput& input : bound.inputs) {
    say(str("input   ", input.value.name, "  ", describe(input.value.value), "  from ",
            input.file));
  }
  std::vector<std::string> extents;
  for (const auto& [name, extent] : bound.extents) extents.push_back(str(name, " = ", extent));
  if (!extents.empty()) say(str("with    ", join(extents)));
}

void say_outputs(const std::vector<NamedValue>& outputs, const std::vector<OutputFile>& files) {
  for (const NamedValue& output : outputs) {
    std::vector<std::string> places;
    for (const OutputFile& file : files) {
      if (file.name.empty() || file.name == output.name) places.push_back(file.file);
    }
    say(str("output  ", output.name, "  ", describe(output.value), places.empty() ? "" : "  to ",
            join(places)));
  }
}

std::string outputs_text(const std::vector<NamedValue>& outputs) {
  std::string text;
  for (const NamedValue& output : outputs) {
    if (outputs.size() > 1) text += str(printable(output.name), ":\n");
    text += value_text(output.value, kShownElements);
  }
  return text;
}

// Ready to run, from a model, from a plan or by an engine.
struct Runnable {
  Model model;  // of a plan, the signature alone
  std::shared_ptr<const plan::Plan> plan;
  std::size_t threads = 1;
  RunOptions options;
  const engines::Engine* engine = nullptr;
  engines::Subject subject;  // of the engine
};

struct Ran {
  std::vector<NamedValue> outputs;
  double seconds = 0;
  std::string how;
};

// The model's signature is enough: what runs the model reads it itself.
Result<Runnable> open_for_engine(const Arguments& arguments) {
  Runnable runnable;
  if (arguments.has("--seed"))
    return Error{Code::kUsage, "--seed goes with the reference implementation, not with --engine"};
  runnable.engine = TRY(engines::find_engine(arguments.value("--engine")));
  runnable.subject.model = arguments.positional()[0];
  runnable.subject.threads = TRY(parse_threads(arguments));
  runnable.subject.options = TRY(parse_engine_options(arguments.values("--engine-option")));
  TRY(engines::check_options(*runnable.engine, runnable.subject.options));
  if (is_plan_file(runnable.subject.model)) {
    runnable.model.graph = compile::signature(*TRY(open_plan(runnable.subject.model)));
  } else {
    runnable.model = TRY(open_model(runnable.subject.model));
    name_open_dims(runnable.model.graph);
  }
  return runnable;
}

Result<Runnable> open_runnable(const Arguments& arguments) {
  if (arguments.has("--engine")) return open_for_engine(arguments);
  if (arguments.has("--engine-option"))
    return Error{Code::kUsage, "--engine-option goes with --engine: name the engine, too"};
  const std::string& path = arguments.positional()[0];
  Runnable runnable;
  if (is_plan_file(path)) {
    if (arguments.has("--seed"))
      return Error{Code::kUsage, "--seed goes with a model; a plan has its numbers in it"};
    if (arguments.has("--threads")) runnable.threads = TRY(parse_threads(arguments));
    runnable.plan = TRY(open_plan(path));
    runnable.model.graph = compile::signature(*runnable.plan);
    return runnable;
  }
  if (arguments.has("--threads"))
    return Error{Code::kUsage, str("--threads goes with a plan: slipway compile ", path,
                                   " -o FILE.plan makes one")};
  if (arguments.has("--seed")) {
    runnable.options.seed = static_cast<std::uint64_t>(
        TRY(parse_number("--seed", arguments.value("--seed"), 0, INT64_MAX)));
  }
  runnable.model = TRY(open_runnable_model(path));
  return runnable;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Result<Ran> run_model(Runnable runnable, std::vector<NamedValue> inputs) {
  const Interpreter interpreter = TRY(Interpreter::create(std::move(runnable.model)));
  const auto start = std::chrono::steady_clock::now();
  std::vector<NamedValue> outputs = TRY(interpreter.run(std::move(inputs), runnable.options));
  return Ran{std::move(outputs), seconds_since(start), "reference implementation"};
}

Result<Ran> run_plan(const Runnable& runnable, const BoundInputs& bound,
                     const std::vector<NamedValue>& inputs) {
  std::int64_t batch = 1;
  for (const auto& [name, extent] : bound.extents) {
    if (name == compile::kBatchSymbol) batch = extent;
  }
  const auto session = TRY(prepare_session(runnable.plan, runnable.threads, batch));
  SessionValues values = TRY(SessionValues::create(*session, inputs));
  const auto start = std::chrono::steady_clock::now();
  TRY(values.run());
  const double seconds = seconds_since(start);
  return Ran{values.outputs(), seconds, str("plan, ", session_text(runnable.threads))};
}

Result<Ran> run_engine(Runnable runnable, const BoundInputs& bound) {
  EngineRun run = TRY(run_by_engine(*runnable.engine, std::move(runnable.subject), bound));
  return Ran{std::move(run.outputs), run.seconds, std::move(run.how)};
}

Result<Ran> run_anything(Runnable runnable, const BoundInputs& bound) {
  if (runnable.engine != nullptr) return run_engine(std::move(runnable), bound);
  std::vector<NamedValue> inputs;
  for (const BoundInput& input : bound.inputs) inputs.push_back(input.value);
  if (runnable.plan != nullptr) return run_plan(runnable, bound, inputs);
  return run_model(std::move(runnable), std::move(inputs));
}

Result<int> run_run(const Arguments& arguments) {
  TRY(expect_operands("run", arguments.positional().size(), 1, "MODEL"));
  Runnable runnable = TRY(open_runnable(arguments));
  const std::vector<OutputFile> files =
      TRY(plan_outputs(runnable.model.graph, arguments.values("--output")));
  const BoundInputs bound = TRY(bind_inputs(runnable.model.graph, arguments.values("--input")));
  say_inputs(bound);
  Ran ran = TRY(run_anything(std::move(runnable), bound));

  TRY(write_outputs(ran.outputs, files));
  say_outputs(ran.outputs, files);
  say(str("ran in  ", seconds_text(ran.seconds), " (", ran.how, ")"));
  if (arguments.has("--json")) {
    std::vector<RunOutput> named;
    for (NamedValue& output : ran.outputs) named.push_back({output.name, std::move(output.value)});
    TRY(print_data(run_json(named, ran.seconds)));
  } else if (files.empty()) {
    TRY(print_data(outputs_text(ran.outputs)));
  }
  return kExitOk;
}

}  // namespace

const Command kRunCommand = {
    .name = "run",
    .summary = "run a model or a plan on data",
    .operands = "MODEL",
    .options = kOptions,
    .about =
        "Runs a model by the reference implementations, a plan of slipway compile by its kernels, "
        "or either by\n"
        "an engine, and prints shapes, time and, without --output, the results. Open dimensions "
        "are as the\n"
        "data has them. A FILE without NAME goes to the next input.",
    .example = "slipway run model.onnx --input image=photo.npy --output scores.npy",
    .run = run_run,
};

}  // namespace slipway
