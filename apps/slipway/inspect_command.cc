#include <cstdio>

#include "base/str.h"
#include "cli/terminal.h"
#include "command.h"
#include "compile/parts.h"
#include "compile/plan_summary.h"
#include "console.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "inspect/json.h"
#include "inspect/summary.h"
#include "model_arguments.h"
#include "plan_session.h"
#include "plan_text.h"

namespace slipway {
namespace {

constexpr std::size_t kShownElements = 64;

constexpr Option kOptions[] = {
    {"--json", "", "everything as JSON"},
    {"--text", "", "the graph as text; tensors of over 64 elements by their hash"},
    {"--full", "", "with --text: every element, so that the text reads back"},
    {"--layers", "", "the table of layers alone, with all of them"},
    {"--parts", "",
     "of plans (several may be named): the options of a build that runs nothing else"},
    {"--set", "DIM=N", "take an open dimension for N (may be repeated; otherwise 1)", true},
};

Status check_modes(const Arguments& arguments) {
  const int modes = arguments.has("--json") + arguments.has("--text") + arguments.has("--layers");
  if (modes > 1) return Error{Code::kUsage, "choose one of --json, --text and --layers"};
  if (arguments.has("--full") && !arguments.has("--text")) {
    return Error{Code::kUsage, "--full goes with --text"};
  }
  return {};
}

// A graph that breaks the rules of the IR cannot be walked.
Status check_structure(const Model& model, const std::string& path) {
  Problems problems;
  verify(model, problems);
  if (problems.empty()) return {};
  return Error{problems.front().code, str(path, ": ", to_text(problems.front()),
                                          "\n(slipway check ", path, " lists every problem)")};
}

Result<int> inspect_plan(const Arguments& arguments) {
  for (const Option& option : kOptions) {
    if (option.name != "--json" && arguments.has(option.name))
      return Error{Code::kUsage, str(option.name, " goes with a model, and this is a plan")};
  }
  const auto plan = TRY(open_plan(arguments.positional()[0]));
  const compile::PlanSummary summary = TRY(compile::summarize(*plan));
  const Graph signature = compile::signature(*plan);
  if (arguments.has("--json")) {
    TRY(print_data(plan_json(summary, signature)));
    return kExitOk;
  }
  const PlanTextOptions options = {.width_columns = width_columns(stdout), .notes = {}};
  TRY(print_data(plan_text(summary, signature, options)));
  const std::string warning = reference_warning(summary);
  if (!warning.empty()) say(warning);
  return kExitOk;
}

// ./dev build --only-for reads this.
Result<int> print_parts(const Arguments& arguments) {
  compile::Parts parts;
  for (const std::string& path : arguments.positional()) {
    const Status added = parts.add(*TRY(open_plan(path)));
    if (!added.ok()) return Error{added.error().code, str(path, ": ", added.error().message)};
  }
  TRY(print_data(parts.cmake_options() + "\n"));
  return kExitOk;
}

Result<int> run_inspect(const Arguments& arguments) {
  if (arguments.has("--parts") && !arguments.positional().empty()) return print_parts(arguments);
  TRY(expect_operands("inspect", arguments.positional().size(), 1, "MODEL"));
  TRY(check_modes(arguments));
  if (is_plan_file(arguments.positional()[0])) return inspect_plan(arguments);
  const std::map<std::string, std::int64_t> extents = TRY(parse_extents(arguments));
  const std::string& path = arguments.positional()[0];
  const Model model = TRY(open_model(path));
  TRY(check_structure(model, path));
  if (arguments.has("--text")) {
    PrintOptions print_options;
    if (!arguments.has("--full")) print_options.max_tensor_elements = kShownElements;
    TRY(print_data(print(model, print_options)));
    return kExitOk;
  }
  const Summary summary = TRY(summarize(model, extents));
  if (arguments.has("--json")) {
    TRY(print_data(summary_json(summary)));
    return kExitOk;
  }
  const SummaryTextOptions options = {.width_columns = width_columns(stdout),
                                      .all_layers = arguments.has("--layers"),
                                      .is_coloured = wants_colour(stdout)};
  TRY(print_data(options.all_layers ? layers_text(summary, options)
                                    : summary_text(summary, options)));
  if (!summary.problems.empty()) {
    say(str("note: ", summary.problems.size(), " problems were found: slipway check ", path,
            " lists them"));
  }
  return kExitOk;
}

}  // namespace

const Command kInspectCommand = {
    .name = "inspect",
    .summary = "tell what a model or a plan contains and what one run of it costs",
    .operands = "MODEL",
    .options = kOptions,
    .about =
        "Prints a model's signature, operators, parameters, multiply-adds, memory and layers. "
        "Nothing is\n"
        "run and no weight is read. The memory of activations is the most that is live at once, "
        "each\n"
        "value in its own place. Of a plan: its signature, memory and steps.",
    .example = "slipway inspect model.onnx --set batch=8",
    .run = run_inspect,
};

}  // namespace slipway
