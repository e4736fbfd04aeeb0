#include <cstdio>
#include <filesystem>
#include <system_error>

#include "base/str.h"
#include "cli/terminal.h"
#include "command.h"
#include "console.h"
#include "graph/text.h"
#include "inspect/open_dims.h"
#include "model_arguments.h"
#include "onnx/writer.h"
#include "ops/check.h"
#include "ops/infer.h"
#include "optimize/check_same.h"
#include "optimize/list.h"
#include "optimize/optimize.h"
#include "optimize_text.h"
#include "run_inputs.h"

namespace slipway {
namespace {

constexpr Option kOptions[] = {
    {"-o", "FILE", "where the result goes"},
    {"--opset", "N", "convert the model to version N of the operator set (7 or later)"},
    {"--fix", "DIM=N", "the open dimension DIM is N from now on (may be repeated)", true},
    {"--freeze", "", "make constants of the inputs that have default values"},
    {"--exact", "", "leave out the passes that change the last bits of results"},
    {"--stop-after", "PASS", "run the passes up to this one, once"},
    {"--print-after", "PASS", "print the model after this pass, or after 'all' of them"},
    {"--input", "[NAME=]FILE", "check on this data (.npy, .npz, .pb) and not on random data", true},
    {"--no-check", "", "do not compare the result with the model before it is written"},
    {"--list", "", "list the passes in their order"},
    {"--json", "", "print what was done as JSON"},
};

Status check_arguments(const Arguments& arguments) {
  TRY(expect_operands("optimize", arguments.positional().size(), 1, "MODEL -o OUT.onnx"));
  if (arguments.has("--json") && arguments.has("--print-after")) {
    return Error{Code::kUsage, "choose one of --json and --print-after: both go to stdout"};
  }
  if (arguments.has("--no-check") && arguments.has("--input"))
    return Error{Code::kUsage, "--input is data for the check, and --no-check leaves it out"};
  if (!arguments.has("-o") && !arguments.has("--json") && !arguments.has("--print-after")) {
    return Error{Code::kUsage,
                 "where should the result go? -o OUT.onnx; --json alone tells what it would be"};
  }
  const std::string pass = arguments.value("--print-after");
  if (arguments.has("--print-after") && pass != "all") TRY(optimize::expect_pass(pass));
  return {};
}

// Open dimensions of inputs without a name are named "input[axis]", but only where they are fixed.
void name_fixed_dims(Graph& graph, const std::map<std::string, std::int64_t>& extents) {
  for (const ValueId id : graph.inputs) {
    ValueDef& value = graph.value(id);
    if (!value.type.dims) continue;
    for (std::size_t axis = 0; axis < value.type.dims->size(); ++axis) {
      Dim& dim = (*value.type.dims)[axis];
      const std::string name = str(value.name, "[", axis, "]");
      if (dim.is_unknown() && extents.contains(name)) dim = Dim::symbol(name);
    }
  }
}

Result<optimize::Options> parse_optimize_options(const Arguments& arguments, Model& model) {
  optimize::Options options;
  options.extents = TRY(parse_extents(arguments, "--fix"));
  Graph named = model.graph.clone();
  TRY(check_extents(options.extents, name_open_dims(named)));
  name_fixed_dims(model.graph, options.extents);
  if (arguments.has("--opset")) {
    constexpr std::int64_t kMost = 1000;
    options.opset =
        static_cast<int>(TRY(parse_number("--opset", arguments.value("--opset"), 1, kMost)));
  }
  options.exact = arguments.has("--exact");
  options.freeze = arguments.has("--freeze");
  options.stop_after = arguments.value("--stop-after");
  const std::string print_after = arguments.value("--print-after");
  if (!print_after.empty()) {
    options.after_pass = [print_after](std::string_view pass, const Model& now) -> Status {
      constexpr std::size_t kShownElements = 32;
      if (print_after != "all" && print_after != pass) return {};
      const PrintOptions print_options = {.max_tensor_elements = kShownElements};
      return print_data(str("# after ", pass, "\n", print(now, print_options)));
    };
  }
  return options;
}

// Passes take it that nodes have the inputs that their operators take. Operators of other makers
// stay as they are, where nothing is to be compared.
Status check_rules(const Model& model, const std::string& path, bool is_compared) {
  Problems problems;
  check_model(model, problems);
  for (const Problem& problem : problems) {
    if (problem.is_warning) continue;
    if (problem.code != Code::kUnsupported)
      return Error{problem.code, str(path, ": ", to_text(problem))};
    if (is_compared) {
      return Error{problem.code,
                   str("the result could not be checked, because Slipway does not run "
                       "the model: ",
                       to_text(problem), "\n--no-check leaves the check out")};
    }
  }
  return {};
}

Result<optimize::CheckReport> check(const Arguments& arguments, Model original, const Model& result,
                                    const optimize::Options& options,
                                    const optimize::Outcome& outcome) {
  constexpr std::string_view kWayOut =
      "\ngive data that it runs on with --input NAME=FILE, or leave the check out with --no-check";
  if (!options.extents.empty()) bind_dims(original, options.extents);
  Problems problems;
  check_model(result, problems);
  if (const Problem* const fault = first_fault(problems))
    return Error{Code::kInternal,
                 str("the result breaks a rule, nothing was written: ", to_text(*fault))};
  optimize::CheckOptions check_options;
  check_options.exact = !outcome.changed_arithmetic;
  if (arguments.has("--input")) {
    const BoundInputs bound = TRY(bind_inputs(original.graph, arguments.values("--input")));
    std::vector<NamedValue> inputs;
    for (const BoundInput& input : bound.inputs) inputs.push_back(input.value);
    return optimize::check_same_on(original, result, inputs, check_options);
  }
  auto report = optimize::check_same(original, result, check_options);
  if (!report.ok() && report.error().code == Code::kUnsupported)
    return Error{Code::kUnsupported, str(report.error().message, kWayOut)};
  return report;
}

std::uint64_t file_bytes(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  return error ? 0 : bytes;
}

// The model's file and its data file.
std::uint64_t written_bytes(const std::string& path) {
  return file_bytes(path) + file_bytes(path + ".data");
}

// Weights stay outside the model's file where they were.
WriteOptions write_options(const std::string& from, const optimize::Size& size) {
  constexpr std::size_t kExternalFromBytes = 1024;
  WriteOptions options;
  if (size.constant_bytes > file_bytes(from)) options.external_from_bytes = kExternalFromBytes;
  return options;
}

Result<int> run_optimize(const Arguments& arguments) {
  if (arguments.has("--list")) {
    TRY(expect_operands("optimize --list", arguments.positional().size(), 0, ""));
    return print_data(passes_text(width_columns(stdout))).ok() ? kExitOk : kExitBad;
  }
  TRY(check_arguments(arguments));
  const std::string& path = arguments.positional()[0];
  Model model = TRY(open_model(path));
  TRY(check_rules(model, path, !arguments.has("--no-check")));
  const optimize::Options options = TRY(parse_optimize_options(arguments, model));
  Model original = model.clone();
  OptimizeReport report;
  report.before = optimize::size_of(model);
  report.before_opset = model.opset("");
  report.outcome = TRY(optimize::optimize(model, options));
  report.after = optimize::size_of(model);
  report.after_opset = model.opset("");
  report.on_given_data = arguments.has("--input");
  if (!arguments.has("--no-check"))
    report.check = TRY(check(arguments, std::move(original), model, options, report.outcome));
  if (arguments.has("-o")) {
    const std::string& out = arguments.value("-o");
    const WriteOptions write = write_options(path, report.before);
    const std::uint64_t before = std::max(file_bytes(path), report.before.constant_bytes);
    TRY(write_model(model, out, write));
    report.files = OptimizeReport::Files{
        out, before,
        write.external_from_bytes == WriteOptions().external_from_bytes ? file_bytes(out)
                                                                        : written_bytes(out)};
  }
  if (arguments.has("--json")) {
    TRY(print_data(optimize_json(report)));
  } else {
    say(optimize_text(report));
  }
  return kExitOk;
}

}  // namespace

const Command kOptimizeCommand = {
    .name = "optimize",
    .summary = "make a model smaller and faster for any runtime, or convert its opset",
    .operands = "MODEL",
    .options = kOptions,
    .about =
        "Standard ONNX in and out: constants computed, what changes nothing removed, formulas "
        "written as the\n"
        "operators that they are, where the model's operator set has them. Names of inputs and "
        "outputs stay.\n"
        "Before the result is written it is compared with the model on random data, by the "
        "reference\n"
        "implementations: to the bit, or closely where a pass changed the order of operations.\n"
        "--opset converts to an older or newer operator set; an operator without a form there is "
        "named.",
    .example = "slipway optimize model.onnx -o fast.onnx --fix batch=1",
    .run = run_optimize,
};

}  // namespace slipway
