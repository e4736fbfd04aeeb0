#include <chrono>

#include "base/str.h"
#include "cli/text.h"
#include "command.h"
#include "console.h"
#include "inspect/json.h"
#include "inspect/value_text.h"
#include "ops/check.h"
#include "ops/interpreter.h"
#include "run_inputs.h"
#include "run_outputs.h"

namespace slipway {
namespace {

constexpr std::size_t kShownElements = 64;

constexpr Option kOptions[] = {
    {"--input", "[NAME=]FILE", "data for an input: .npy, .npz (an array for each input) or .pb",
     true},
    {"--output", "[NAME=]FILE", "where results go: .npy, or .npz for all of them", true},
    {"--seed", "N", "of operators that draw random numbers and state no seed (0)"},
    {"--json", "", "print the results as JSON"},
};

Status check_runnable(const Model& model, const std::string& path) {
  Problems problems;
  check_model(model, problems);
  const Problem* fault = first_fault(problems);
  if (fault == nullptr) {
    for (const Problem& warning : problems) say(str("warning: ", to_text(warning)));
    return {};
  }
  std::string more;
  if (problems.size() > 1)
    more = str("\n(", problems.size(), " problems in all: slipway check ", path, " lists them)");
  return Error{fault->code, str(path, ": ", to_text(*fault), more)};
}

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

Result<int> run_run(const Arguments& arguments) {
  TRY(expect_operands("run", arguments.positional().size(), 1, "MODEL"));
  RunOptions options;
  if (arguments.has("--seed")) {
    options.seed = static_cast<std::uint64_t>(
        TRY(parse_number("--seed", arguments.value("--seed"), 0, INT64_MAX)));
  }
  const std::string& path = arguments.positional()[0];
  Model model = TRY(open_model(path));
  TRY(check_runnable(model, path));
  const std::vector<OutputFile> files =
      TRY(plan_outputs(model.graph, arguments.values("--output")));
  BoundInputs bound = TRY(bind_inputs(model.graph, arguments.values("--input")));
  say_inputs(bound);

  const Interpreter interpreter = TRY(Interpreter::create(std::move(model)));
  std::vector<NamedValue> inputs;
  for (BoundInput& input : bound.inputs) inputs.push_back(std::move(input.value));
  const auto start = std::chrono::steady_clock::now();
  std::vector<NamedValue> outputs = TRY(interpreter.run(std::move(inputs), options));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;

  TRY(write_outputs(outputs, files));
  say_outputs(outputs, files);
  say(str("ran in  ", seconds_text(taken.count()), " (reference implementation)"));
  if (arguments.has("--json")) {
    std::vector<RunOutput> named;
    for (NamedValue& output : outputs) named.push_back({output.name, std::move(output.value)});
    TRY(print_data(run_json(named, taken.count())));
  } else if (files.empty()) {
    TRY(print_data(outputs_text(outputs)));
  }
  return kExitOk;
}

}  // namespace

const Command kRunCommand = {
    .name = "run",
    .summary = "run a model on data",
    .operands = "MODEL",
    .options = kOptions,
    .about =
        "Runs a model by the reference implementations and prints shapes, time and, without "
        "--output, the\n"
        "results. Open dimensions are as the data has them. A FILE without NAME goes to the next "
        "input.",
    .example = "slipway run model.onnx --input image=photo.npy --output scores.npy",
    .run = run_run,
};

}  // namespace slipway
