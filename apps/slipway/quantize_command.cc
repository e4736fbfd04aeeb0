#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/files.h"
#include "base/str.h"
#include "cli/text.h"
#include "command.h"
#include "console.h"
#include "model_arguments.h"
#include "onnx/writer.h"
#include "passes/rewrite.h"
#include "progress_line.h"
#include "quantize/cache.h"
#include "quantize/judge.h"
#include "quantize/model_run.h"
#include "quantize/prepare.h"
#include "quantize/quantize.h"
#include "quantize/search.h"
#include "quantize/watch.h"
#include "quantize_options.h"
#include "samples/labels.h"
#include "samples/samples.h"

namespace slipway {
namespace {

using quantize::Outcome;

constexpr std::size_t kJudgedSamples = 256;  // for the figures at the end
constexpr std::size_t kMostCacheBytes = std::size_t{1} << 28;

// What the command ends with.
struct Report {
  std::vector<std::string> notes;
  std::optional<quantize::Verdict> verdict;
  std::optional<quantize::Search> search;
  std::optional<double> max_drop;
  std::uintmax_t bytes_before = 0, bytes_after = 0;
  double seconds = 0;
  std::optional<double> calibration_seconds;  // from the model to all that samples taught
};

using Time = std::chrono::steady_clock::time_point;

double seconds_since(Time start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string per_cent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %%", share * 100);
  return text;
}

// The model and its data file, if it has one.
std::uintmax_t bytes_on_disk(const std::string& path) {
  std::error_code ignored;
  std::uintmax_t bytes = std::filesystem::file_size(path, ignored);
  if (ignored) bytes = 0;
  const std::uintmax_t data = std::filesystem::file_size(path + ".data", ignored);
  return ignored ? bytes : bytes + data;
}

Result<std::optional<quantize::Learned>> read_cache(const QuantizeRequest& request,
                                                    std::uint64_t hash) {
  std::error_code ignored;
  if (request.cache.empty() || !std::filesystem::exists(request.cache, ignored))
    return std::optional<quantize::Learned>();
  const std::string text = TRY(read_file(request.cache, kMostCacheBytes));
  Result<quantize::Learned> learned = quantize::parse_cache(text, hash, request.options);
  if (!learned.ok())
    return Error{learned.error().code, str(request.cache, ": ", learned.error().message)};
  say(str("cache   ", request.cache, ", from ", count_text(learned->samples, "sample")));
  return std::optional(*std::move(learned));
}

// Ranges of all float values of the model as it is, for TensorRT to use with that model.
Status write_tensorrt_cache(const Model& model, samples::Samples& samples,
                            const QuantizeRequest& request, const quantize::Progress& progress) {
  Model copy = model.clone();
  TRY(quantize::infer(copy));
  std::vector<ValueId> values;
  for (const ValueId id : copy.graph.inputs) {
    if (quantize::is_float_tensor(copy.graph, id) && copy.graph.initializer(id) == nullptr)
      values.push_back(id);
  }
  for (const Node& node : copy.graph.nodes) {
    for (const ValueId id : node.outputs) {
      if (id != kNoValue && quantize::is_float_tensor(copy.graph, id)) values.push_back(id);
    }
  }
  quantize::Options options = request.options;
  options.is_symmetric = true;
  const auto ranges = TRY(quantize::find_ranges(copy, values, samples, options, progress));
  TRY(write_file(request.tensorrt_cache, quantize::tensorrt_cache_text(ranges, options.method)));
  say(str("cache   ", request.tensorrt_cache, "  of ", count_text(ranges.size(), "value"),
          ", for TensorRT and ", request.input));
  return {};
}

struct Data {
  std::optional<samples::Samples> samples;
  std::vector<std::int64_t> labels;
};

Result<Data> open_data(const Model& model, const QuantizeRequest& request) {
  Data data;
  if (request.samples.empty()) return data;
  data.samples = TRY(samples::Samples::open(
      request.samples, TRY(quantize::wanted_inputs(model, request.options.dims))));
  if (!request.labels.empty())
    data.labels = TRY(samples::read_labels(request.labels, data.samples->count()));
  return data;
}

Result<Outcome> quantize_statically(Model model, Data& data, const QuantizeRequest& request,
                                    const quantize::Progress& progress, Report& report) {
  const std::uint64_t hash = request.cache.empty() ? 0 : quantize::model_hash(model);
  auto cached = TRY(read_cache(request, hash));
  const bool is_new = !cached;
  const Time start = std::chrono::steady_clock::now();
  if (is_new && !data.samples) {
    return Error{Code::kNotFound,
                 str("there is no file ", request.cache, " yet: --samples DATA makes it")};
  }
  const auto calibrated = TRY(quantize::Calibrated::create(std::move(model), request.options,
                                                           data.samples ? &*data.samples : nullptr,
                                                           std::move(cached), progress));
  if (is_new && !calibrated.learned().ranges.empty())
    report.calibration_seconds = seconds_since(start);
  if (!request.cache.empty() && is_new) {
    TRY(write_file(request.cache,
                   quantize::cache_text(calibrated.learned(), hash, request.options)));
    say(str("cache   ", request.cache, "  written"));
  }
  if (!request.max_drop) return calibrated.quantize();
  report.search = TRY(quantize::search(calibrated, *data.samples, data.labels, *request.max_drop,
                                       request.options, progress));
  report.max_drop = request.max_drop;
  return calibrated.quantize(quantize::kept_nodes(*report.search));
}

Result<Outcome> quantize_as_asked(Model model, Data& data, const QuantizeRequest& request,
                                  const quantize::Progress& progress, Report& report) {
  if (quantize::is_quantized(model.graph)) {
    Outcome outcome;
    outcome.model = std::move(model);
    outcome.notes = {
        "the model holds Q/DQ already, as one trained with them does: it is passed on unchanged"};
    return outcome;
  }
  if (request.is_static())
    return quantize_statically(std::move(model), data, request, progress, report);
  return quantize::quantize_without_samples(std::move(model), request.options);
}

void say_verdict(const quantize::Verdict& verdict) {
  std::string text = str("differs ", per_cent(verdict.relative_error),
                         " of the outputs' magnitude, on ", count_text(verdict.samples, "sample"));
  if (verdict.agreement) text += str("; the same class for ", per_cent(*verdict.agreement));
  if (verdict.accuracy) {
    text += str("; accuracy ", per_cent(*verdict.accuracy), ", before ",
                per_cent(*verdict.reference_accuracy));
  }
  if (verdict.not_finite != 0)
    text += str("; ", count_text(verdict.not_finite, "number"), " became NaN or infinite");
  say(text);
}

void say_search(const quantize::Search& search, double max_drop) {
  if (search.kept == 0) {
    say(str("search  everything quantised loses ", per_cent(search.whole.drop()), ", within ",
            per_cent(max_drop)));
    return;
  }
  say(str("search  everything quantised loses ", per_cent(search.whole.drop()), ", more than ",
          per_cent(max_drop), "; with ", count_text(search.kept, "node"), " of ",
          search.ranking.size(), " in float, ", per_cent(search.chosen.drop())));
  for (std::size_t i = 0; i < search.kept; ++i) {
    say(str("  float   ", search.ranking[i].node, " (", search.ranking[i].op,
            "): alone quantised, an error of ", per_cent(search.ranking[i].error)));
  }
}

using Json = nlohmann::ordered_json;

Json verdict_json(const quantize::Verdict& verdict) {
  Json json = {{"samples", verdict.samples},
               {"relative_error", verdict.relative_error},
               {"not_finite", verdict.not_finite}};
  if (verdict.agreement) json["agreement"] = *verdict.agreement;
  if (verdict.accuracy) {
    json["accuracy"] = *verdict.accuracy;
    json["reference_accuracy"] = *verdict.reference_accuracy;
  }
  return json;
}

std::string report_json(const Report& report, const QuantizeRequest& request) {
  Json json = {{"input", request.input},
               {"output", request.output},
               {"to", quantize::name(request.options.to)},
               {"bytes_before", report.bytes_before},
               {"bytes_after", report.bytes_after},
               {"seconds", report.seconds}};
  if (report.calibration_seconds) json["calibration_seconds"] = *report.calibration_seconds;
  json["notes"] = report.notes;
  if (report.verdict) json["verdict"] = verdict_json(*report.verdict);
  if (report.search) {
    Json kept = Json::array();
    for (std::size_t i = 0; i < report.search->ranking.size(); ++i) {
      const quantize::Sensitivity& node = report.search->ranking[i];
      kept.push_back({{"node", node.node},
                      {"operator", node.op},
                      {"relative_error", node.error},
                      {"kept_float", i < report.search->kept}});
    }
    json["search"] = {{"max_drop", *report.max_drop},
                      {"drop_of_all", report.search->whole.drop()},
                      {"drop", report.search->chosen.drop()},
                      {"ranking", std::move(kept)}};
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<int> run_quantize(const Arguments& arguments) {
  const QuantizeRequest request = TRY(parse_quantize_request(arguments));
  const Time start = std::chrono::steady_clock::now();
  Model model = TRY(open_runnable_model(request.input));
  TRY(quantize::check_options(model, request.options));
  Data data = TRY(open_data(model, request));
  ProgressLine line;
  const quantize::Progress progress = [&](std::string_view what, double share) {
    line.show(what, share);
  };
  Report report;
  if (!request.tensorrt_cache.empty())
    TRY(write_tensorrt_cache(model, *data.samples, request, progress));
  Outcome outcome = TRY(quantize_as_asked(model.clone(), data, request, progress, report));
  if (report.search) {
    report.verdict = report.search->chosen;
  } else if (data.samples) {
    // Halves at the ends are other inputs than the samples.
    const bool has_other_ports =
        request.options.to == quantize::Precision::kFloat16 && !request.options.keeps_io;
    if (!has_other_ports) {
      report.verdict =
          TRY(quantize::judge(model, outcome.model, *data.samples, data.labels,
                              data.labels.empty() ? kJudgedSamples : 0, request.options));
    }
  }
  line.clear();
  TRY(write_model(outcome.model, request.output));
  report.notes = std::move(outcome.notes);
  report.bytes_before = bytes_on_disk(request.input);
  report.bytes_after = bytes_on_disk(request.output);
  report.seconds = seconds_since(start);

  for (const std::string& note : report.notes) say(str("did     ", note));
  if (report.search) say_search(*report.search, *report.max_drop);
  if (report.verdict) say_verdict(*report.verdict);
  say(str("model   ", request.output, "  ",
          bytes_text(static_cast<std::int64_t>(report.bytes_after)), ", before ",
          bytes_text(static_cast<std::int64_t>(report.bytes_before))));
  say(str("made in ", seconds_text(report.seconds)));
  if (arguments.has("--json")) TRY(print_data(report_json(report, request)));
  return kExitOk;
}

}  // namespace

const Command kQuantizeCommand = {
    .name = "quantize",
    .summary = "make a model smaller and faster in fewer bits, as standard ONNX",
    .operands = "MODEL",
    .options = quantize_options(),
    .about =
        "Writes a model in whole numbers or in halves. int8 and uint8 watch the model on samples, "
        "choose a scale\n"
        "for each value and for each channel of weights, put QuantizeLinear and DequantizeLinear "
        "where operators\n"
        "gain from them, and correct what rounding shifts. int8-weights, fp16 and bf16 need no "
        "samples.\n"
        "With --max-drop the nodes that cost most stay float, until the loss is within it.",
    .example = "slipway quantize model.onnx -o model_int8.onnx --to int8 --samples train.npz",
    .run = run_quantize,
};

}  // namespace slipway
