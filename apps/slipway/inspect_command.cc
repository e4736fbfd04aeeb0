#include <cstdio>

#include "base/str.h"
#include "cli/terminal.h"
#include "command.h"
#include "console.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "inspect/json.h"
#include "inspect/summary.h"

namespace slipway {
namespace {

constexpr std::size_t kShownElements = 64;
constexpr std::int64_t kMostExtent = std::int64_t{1} << 40;

constexpr Option kOptions[] = {
    {"--json", "", "everything as JSON"},
    {"--text", "", "the graph as text; tensors of over 64 elements by their hash"},
    {"--full", "", "with --text: every element, so that the text reads back"},
    {"--layers", "", "the table of layers alone, with all of them"},
    {"--set", "DIM=N", "take an open dimension for N (may be repeated; otherwise 1)", true},
};

Result<std::map<std::string, std::int64_t>> parse_extents(const Arguments& arguments) {
  std::map<std::string, std::int64_t> extents;
  for (const std::string& word : arguments.values("--set")) {
    const std::size_t equals = word.rfind('=');
    if (equals == std::string::npos || equals == 0) {
      return Error{Code::kUsage, str("--set needs DIM=N, as in --set batch=8, not '", word, "'")};
    }
    extents[word.substr(0, equals)] =
        TRY(parse_number("--set", word.substr(equals + 1), 0, kMostExtent));
  }
  return extents;
}

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

Result<int> run_inspect(const Arguments& arguments) {
  TRY(expect_operands("inspect", arguments.positional().size(), 1, "MODEL"));
  TRY(check_modes(arguments));
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
    .summary = "tell what a model contains and what one run of it costs",
    .operands = "MODEL",
    .options = kOptions,
    .about =
        "Prints a model's signature, operators, parameters, multiply-adds, memory and layers. "
        "Nothing is\n"
        "run and no weight is read. The memory of activations is the most that is live at once, "
        "each\n"
        "value in its own place.",
    .example = "slipway inspect model.onnx --set batch=8",
    .run = run_inspect,
};

}  // namespace slipway
