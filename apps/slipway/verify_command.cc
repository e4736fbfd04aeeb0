#include <cmath>
#include <cstdio>
#include <optional>

#include "base/str.h"
#include "bench_options.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/text.h"
#include "command.h"
#include "console.h"
#include "measure/compare.h"
#include "measure/json.h"
#include "model_arguments.h"
#include "progress_line.h"
#include "run_engine.h"

namespace slipway {
namespace {

using measure::CompareResult;
using measure::Json;
using measure::OutputError;

constexpr Option kOptions[] = {
    {"--against", "MODEL", "the reference: a model or a plan"},
    {"--samples", "DATA", "an .npz or .npy, whose first axis counts samples, or a folder"},
    {"--labels", "FILE", "the right classes, a .npy; or `labels` of an .npz"},
    {"--max-diff", "SHARE", "the most mean error of an output, as 1% of its mean value"},
    {"--max-drop", "SHARE", "the most that accuracy, or without labels agreement, may drop"},
    {"--layers", "", "the error of each value inside that both models name alike"},
    {"--worst", "N", "how many of the worst samples to name (5)"},
    {"--engine", "NAME", "what runs the candidate (native)"},
    {"--engine-option", "NAME=VALUE", "an option of that engine (repeatable)", true},
    {"--reference-engine", "NAME", "what runs the reference (native)"},
    {"--reference-engine-option", "NAME=VALUE", "an option of that engine (repeatable)", true},
    {"--set", "DIM=N", "an open dimension, where samples do not tell it (repeatable)", true},
    {"--threads", "N", "threads of each engine (1)"},
    {"--json", "", "print all of it as JSON"},
};
constexpr std::int64_t kMostWorst = 10'000;

std::string digits(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

std::string percent(double share) { return std::isinf(share) ? "inf" : digits(100 * share) + " %"; }

std::string decibel(const OutputError& error) {
  if (error.is_exact || std::isinf(error.sqnr_db)) return error.sqnr_db > 0 ? "exact" : "-inf dB";
  char text[40];
  std::snprintf(text, sizeof text, "%.1f dB", error.sqnr_db);
  return text;
}

std::string cosine(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.6f", value);
  return text;
}

std::string counts(const OutputError& error) {
  if (error.nan + error.infinite + error.reference_nan + error.reference_infinite == 0) return {};
  return str("output ", error.name, ": ", error.nan, " NaN and ", error.infinite,
             " infinite elements of the candidate, ", error.reference_nan, " and ",
             error.reference_infinite, " of the reference; ", error.mismatched, " are not alike\n");
}

std::string outputs_text(const CompareResult& result) {
  std::vector<std::vector<std::string>> rows;
  for (const OutputError& error : result.outputs) {
    rows.push_back({error.name, shape_text(error.shape), percent(error.relative_error()),
                    digits(error.mean_error), digits(error.max_error), cosine(error.cosine),
                    decibel(error),
                    error.top1_agreement.has_value() ? percent(*error.top1_agreement) : "-"});
  }
  std::string text = table_text({{"output", false, true},
                                 {"shape"},
                                 {"error", true},
                                 {"mean", true},
                                 {"max", true},
                                 {"cosine", true},
                                 {"SQNR", true},
                                 {"same class", true}},
                                rows, width_columns(stdout));
  for (const OutputError& error : result.outputs) text += printable(counts(error), true);
  return text;
}

std::string worst_text(const CompareResult& result) {
  if (result.worst.empty()) return {};
  std::vector<std::vector<std::string>> rows;
  for (const measure::WorstSample& sample : result.worst) {
    rows.push_back({grouped(static_cast<std::int64_t>(sample.sample)), sample.output,
                    sample.is_mismatched ? "not finite" : percent(sample.relative_error),
                    digits(sample.max_error)});
  }
  return str("\nthe worst samples, counted from 0\n",
             table_text({{"sample", true}, {"output", false, true}, {"error", true}, {"max", true}},
                        rows, width_columns(stdout)));
}

std::string layers_text(const CompareResult& result) {
  if (result.layers.empty()) return {};
  std::vector<std::vector<std::string>> rows;
  for (const measure::LayerError& layer : result.layers) {
    const OutputError& error = layer.error;
    rows.push_back({layer.value, layer.op, percent(error.relative_error()), digits(error.max_error),
                    cosine(error.cosine), decibel(error),
                    error.mismatched > 0 ? str(error.mismatched) : "-"});
  }
  return str("\nvalues inside, as they are computed\n", table_text({{"value", false, true},
                                                                    {"operator"},
                                                                    {"error", true},
                                                                    {"max", true},
                                                                    {"cosine", true},
                                                                    {"SQNR", true},
                                                                    {"not finite", true}},
                                                                   rows, width_columns(stdout)));
}

std::string text_of(const CompareResult& result) {
  std::string text = outputs_text(result);
  if (result.accuracy.has_value()) {
    const measure::Accuracy& accuracy = *result.accuracy;
    text += str("accuracy  ", percent(accuracy.candidate), ", the reference ",
                percent(accuracy.reference), " (", printable(accuracy.output), ", ",
                grouped(static_cast<std::int64_t>(accuracy.samples)), " samples)\n");
  }
  return str(text, worst_text(result), layers_text(result));
}

Result<measure::Side> parse_side(const Arguments& arguments, const std::string& model,
                                 const std::string& engine_option) {
  measure::Side side;
  const std::string engine = arguments.value(engine_option);
  side.engine = TRY(engines::find_engine(engine.empty() ? "native" : engine));
  side.subject.model = model;
  side.subject.options = TRY(parse_engine_options(arguments.values(engine_option + "-option")));
  TRY(engines::check_options(*side.engine, side.subject.options));
  side.subject.dims = TRY(parse_extents(arguments));
  side.subject.threads = TRY(parse_threads(arguments));
  return side;
}

Result<measure::CompareRequest> parse_request(const Arguments& arguments) {
  TRY(expect_operands("verify", arguments.positional().size(), 1,
                      "CANDIDATE --against REFERENCE --samples DATA"));
  for (const std::string_view needed : {"--against", "--samples"}) {
    if (!arguments.has(needed)) {
      return Error{Code::kUsage, str(needed,
                                     " is missing: slipway verify CANDIDATE --against "
                                     "REFERENCE --samples DATA")};
    }
  }
  measure::CompareRequest request;
  request.candidate = TRY(parse_side(arguments, arguments.positional()[0], "--engine"));
  request.reference =
      TRY(parse_side(arguments, arguments.value("--against"), "--reference-engine"));
  request.samples = arguments.value("--samples");
  request.labels = arguments.value("--labels");
  request.wants_layers = arguments.has("--layers");
  if (arguments.has("--worst")) {
    request.worst = static_cast<std::size_t>(
        TRY(parse_number("--worst", arguments.value("--worst"), 0, kMostWorst)));
  }
  request.progress = [](std::string_view what, double share) {
    if (share >= 0) say(str(what, ", ", static_cast<int>(share * 100), " %"));
  };
  return request;
}

Result<measure::CompareBudget> parse_budget(const Arguments& arguments) {
  measure::CompareBudget budget;
  if (arguments.has("--max-diff"))
    budget.most_relative_error = TRY(parse_share("--max-diff", arguments.value("--max-diff")));
  if (arguments.has("--max-drop"))
    budget.most_drop = TRY(parse_share("--max-drop", arguments.value("--max-drop")));
  return budget;
}

Result<int> run_verify(const Arguments& arguments) {
  measure::CompareRequest request = TRY(parse_request(arguments));
  const measure::CompareBudget budget = TRY(parse_budget(arguments));
  std::optional<CompareResult> result;
  {
    ProgressLine line;
    request.compared = [&line](double share) { line.show("comparing", share); };
    result = TRY(measure::compare_models(request));
  }
  const std::vector<std::string> breaches = measure::budget_breaches(*result, budget);
  if (arguments.has("--json")) {
    Json root = measure::json_of(*result);
    root["ok"] = breaches.empty();
    root["over_budget"] = breaches;
    TRY(print_data(root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"));
  } else {
    TRY(print_data(text_of(*result)));
  }
  for (const std::string& breach : breaches) say(str("over budget: ", breach));
  const bool has_budget = budget.most_relative_error.has_value() || budget.most_drop.has_value();
  if (breaches.empty() && has_budget)
    say(str("within the budget, on ", grouped(static_cast<std::int64_t>(result->samples)),
            result->samples == 1 ? " sample" : " samples"));
  return breaches.empty() ? kExitOk : kExitBad;
}

}  // namespace

const Command kVerifyCommand = {
    .name = "verify",
    .summary = "how far a model's answers are from another's",
    .operands = "CANDIDATE",
    .options = kOptions,
    .about =
        "Runs both models, or plans, on samples and compares their answers. `error` is the mean "
        "error as a\n"
        "share of the reference's mean value. Exits 1 when an output is over the budget, or is NaN "
        "or infinite\n"
        "where the reference is not.\n"
        "\n"
        "Samples: an .npz with an array for each input, a .npy for the only one, or a folder of "
        "such files; the\n"
        "first axis counts samples. One sample at a time is in memory. Labels may lie in the .npz "
        "as `labels`.\n"
        "Layers are computed by Slipway, whatever the engines are.",
    .example = "slipway verify small.onnx --against model.onnx --samples test.npz --max-diff 1%",
    .run = run_verify,
};

}  // namespace slipway
