#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/str.h"
#include "cli/text.h"
#include "command.h"
#include "console.h"
#include "inspect/summary.h"
#include "model_arguments.h"
#include "onnx/writer.h"
#include "quantize/judge.h"
#include "quantize/model_run.h"
#include "quantize/prune/prune.h"
#include "samples/labels.h"
#include "samples/samples.h"

namespace slipway {
namespace {

constexpr Option kOptions[] = {
    {"-o", "FILE", "where the pruned model goes"},
    {"--ratio", "R", "the share of channels to remove, as 0.3 or 30%"},
    {"--samples", "DATA", "tell how far the outputs move on these: .npz, .npy or a folder of them"},
    {"--labels", "FILE", "a class for each sample: .npy, or an array 'labels' of an .npz"},
    {"--set", "DIM=N", "take an open dimension for N (may be repeated)", true},
    {"--json", "", "print what was done as JSON"},
};

Result<double> parse_ratio(std::string text) {
  const bool is_per_cent = text.ends_with('%');
  if (is_per_cent) text.pop_back();
  double ratio = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ratio);
  if (is_per_cent) ratio /= 100;
  if (error == std::errc() && end == text.data() + text.size() && ratio > 0 && ratio < 1)
    return ratio;
  return Error{Code::kUsage, str("--ratio needs a share between 0 and 1, as 0.3 or 30%, not '",
                                 shorten(text), "'")};
}

std::string change_text(std::int64_t before, std::int64_t after) {
  char share[32];
  std::snprintf(
      share, sizeof share, "%+.1f %%",
      before == 0 ? 0.0 : 100 * (static_cast<double>(after) / static_cast<double>(before) - 1));
  return str(approximate(after), ", before ", approximate(before), " (", share, ")");
}

std::string per_cent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g %%", share * 100);
  return text;
}

Result<std::optional<quantize::Verdict>> judge_pruned(const Model& model, const Model& pruned,
                                                      const Arguments& arguments,
                                                      const quantize::Options& options) {
  if (!arguments.has("--samples")) {
    if (arguments.has("--labels")) return Error{Code::kUsage, "--labels needs --samples"};
    return std::optional<quantize::Verdict>();
  }
  auto samples = TRY(samples::Samples::open(arguments.value("--samples"),
                                            TRY(quantize::wanted_inputs(model, options.dims))));
  std::vector<std::int64_t> labels;
  if (arguments.has("--labels"))
    labels = TRY(samples::read_labels(arguments.value("--labels"), samples.count()));
  return std::optional(TRY(quantize::judge(model, pruned, samples, labels, 0, options)));
}

void say_report(const quantize::Pruning& pruning, const Summary& before, const Summary& after,
                const std::optional<quantize::Verdict>& verdict) {
  for (const quantize::PrunedLayers& layer : pruning.layers) {
    if (layer.removed == 0) continue;
    say(str("removed ", layer.removed, " of ", layer.channels, " channels  ", join(layer.nodes)));
  }
  if (pruning.fixed_channels != 0)
    say(str("kept    ", pruning.fixed_channels, " channels of outputs, or of what cannot be cut"));
  say(str("weights ", change_text(before.parameter_count, after.parameter_count)));
  say(str("work    ", change_text(before.multiply_adds, after.multiply_adds), " multiply-adds"));
  if (!verdict) {
    say("cost    not known: --samples tells it; a pruned model wants training again");
    return;
  }
  std::string text = str("cost    ", per_cent(verdict->relative_error),
                         " of the outputs' magnitude, on ", verdict->samples, " samples");
  if (verdict->agreement) text += str("; the same class for ", per_cent(*verdict->agreement));
  if (verdict->accuracy) {
    text += str("; accuracy ", per_cent(*verdict->accuracy), ", before ",
                per_cent(*verdict->reference_accuracy));
  }
  say(text);
}

std::string report_json(const quantize::Pruning& pruning, const Summary& before,
                        const Summary& after, const std::optional<quantize::Verdict>& verdict) {
  using Json = nlohmann::ordered_json;
  Json layers = Json::array();
  for (const quantize::PrunedLayers& layer : pruning.layers) {
    layers.push_back(
        {{"nodes", layer.nodes}, {"channels", layer.channels}, {"removed", layer.removed}});
  }
  Json json = {{"layers", std::move(layers)},
               {"fixed_channels", pruning.fixed_channels},
               {"parameters_before", before.parameter_count},
               {"parameters_after", after.parameter_count},
               {"multiply_adds_before", before.multiply_adds},
               {"multiply_adds_after", after.multiply_adds}};
  if (verdict) {
    json["samples"] = verdict->samples;
    json["relative_error"] = verdict->relative_error;
    if (verdict->agreement) json["agreement"] = *verdict->agreement;
    if (verdict->accuracy) {
      json["accuracy"] = *verdict->accuracy;
      json["reference_accuracy"] = *verdict->reference_accuracy;
    }
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<int> run_prune(const Arguments& arguments) {
  TRY(expect_operands("prune", arguments.positional().size(), 1, "MODEL -o FILE --ratio R"));
  if (!arguments.has("-o")) return Error{Code::kUsage, "where should the pruned model go? -o FILE"};
  if (!arguments.has("--ratio"))
    return Error{Code::kUsage, "how much should go? --ratio 0.3 removes three channels of ten"};
  const double ratio = TRY(parse_ratio(arguments.value("--ratio")));
  quantize::Options options;
  options.dims = TRY(parse_extents(arguments));
  const Model model = TRY(open_runnable_model(arguments.positional()[0]));
  const quantize::Pruning pruning = TRY(quantize::prune(model.clone(), ratio));
  const auto verdict = TRY(judge_pruned(model, pruning.model, arguments, options));
  const Summary before = TRY(summarize(model, options.dims));
  const Summary after = TRY(summarize(pruning.model, options.dims));
  TRY(write_model(pruning.model, arguments.value("-o")));
  say_report(pruning, before, after, verdict);
  say(str("model   ", arguments.value("-o")));
  if (arguments.has("--json")) TRY(print_data(report_json(pruning, before, after, verdict)));
  return kExitOk;
}

}  // namespace

const Command kPruneCommand = {
    .name = "prune",
    .summary = "remove whole channels of a model, the least first",
    .operands = "MODEL",
    .options = kOptions,
    .about =
        "Removes a share of the channels of each layer, those of the smallest weights, and what "
        "reads them: in\n"
        "layers after, in BatchNormalization and depthwise layers, on all sides of a residual sum. "
        "Outputs keep\n"
        "their shapes. A pruned model is faster everywhere, and wants training again.",
    .example = "slipway prune model.onnx -o smaller.onnx --ratio 0.3 --samples test.npz",
    .run = run_prune,
};

}  // namespace slipway
