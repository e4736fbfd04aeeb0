#include "bench_options.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/nearest.h"
#include "base/str.h"
#include "device/root.h"
#include "model_arguments.h"

namespace slipway {
namespace {

constexpr Option kOptions[] = {
    {"--threads", "N", "threads that run it (1)"},
    {"--runs", "N", "how many runs are timed"},
    {"--seconds", "N", "for how long runs are timed (2)"},
    {"--soak", "DURATION", "run for so long (30m) and tell whether it gets slower or hot"},
    {"--scenario", "NAME", "single, rate, multi or offline (single)"},
    {"--rate", "HZ", "runs are due so often a second, and latency counts from then"},
    {"--streams", "N", "sessions that run at once (1)"},
    {"--percentile", "P", "a percentile to tell, as 99.5 (50, 90, 99, 99.9; may be repeated)",
     true},
    {"--confidence", "P", "of what percentiles say about all runs there could be (99%)"},
    {"--engine", "NAME", "run by an engine: slipway engines lists them (native)"},
    {"--engine-option", "NAME=VALUE", "an option of the engine (may be repeated)", true},
    {"--input", "[NAME=]FILE", "data for an input: .npy, .npz or .pb (numbers made up otherwise)",
     true},
    {"--batch", "N", "take the open first dimension of inputs for N (1)"},
    {"--set", "DIM=N", "take an open dimension of a model for N (may be repeated)", true},
    {"--weights", "TYPE", "store a model's weights as f32, f16, bf16 or int8 (f32)"},
    {"--profile", "", "what each step takes, of a plan or a model compiled here"},
    {"--histogram", "", "draw how the runs are spread"},
    {"--csv", "FILE", "each run as a line; with --soak, each stretch of it"},
    {"--json", "", "print all of it as JSON"},
};
constexpr std::int64_t kMostRuns = 10'000'000;
constexpr double kLeastSeconds = 0.1;
constexpr double kMostSeconds = 86'400;
constexpr double kMostSoak_s = 7 * 86'400.0;
constexpr double kMostRate_hz = 1e6;
constexpr std::int64_t kMostStreams = 256;

Result<double> positive(std::string_view option, std::string_view text, double most) {
  const std::optional<double> value = device::real_number(text);
  const bool is_all = text.find_first_not_of("0123456789.eE+-") == std::string_view::npos;
  if (value.has_value() && is_all && *value > 0 && *value <= most) return *value;
  return Error{Code::kUsage, str(option, " needs a number above 0, at most ", most, ", not '",
                                 shorten(text, 40), "'")};
}

Result<measure::Scenario> parse_scenario(const Arguments& arguments) {
  using measure::Scenario;
  constexpr std::array kAll = {Scenario::kSingle, Scenario::kRate, Scenario::kMulti,
                               Scenario::kOffline};
  if (!arguments.has("--scenario")) {
    if (arguments.has("--rate")) return Scenario::kRate;
    return arguments.has("--streams") && arguments.value("--streams") != "1" ? Scenario::kMulti
                                                                             : Scenario::kSingle;
  }
  const std::string word = arguments.value("--scenario");
  std::vector<std::string> known;
  for (const Scenario scenario : kAll) {
    if (measure::name(scenario) == word) return scenario;
    known.emplace_back(measure::name(scenario));
  }
  const std::string near = nearest(word, known);
  return Error{Code::kUsage, str("there is no scenario '", shorten(word, 40), "': ",
                                 near.empty() ? str("there are ", join(known))
                                              : str("did you mean '", near, "'?"))};
}

Status parse_length(const Arguments& arguments, measure::LoadOptions& load) {
  if (arguments.has("--runs") && arguments.has("--seconds"))
    return Error{Code::kUsage, "choose one of --runs and --seconds"};
  if (arguments.has("--soak") && (arguments.has("--runs") || arguments.has("--seconds")))
    return Error{Code::kUsage, "--soak says how long: leave out --runs and --seconds"};
  if (arguments.has("--runs")) {
    load.queries = static_cast<std::uint64_t>(
        TRY(parse_number("--runs", arguments.value("--runs"), 1, kMostRuns)));
  }
  if (arguments.has("--seconds")) {
    load.seconds =
        TRY(parse_decimal("--seconds", arguments.value("--seconds"), kLeastSeconds, kMostSeconds));
  }
  if (arguments.has("--soak")) {
    load.is_soak = true;
    load.seconds = TRY(parse_duration("--soak", arguments.value("--soak"), kMostSoak_s));
  }
  return {};
}

Status parse_scenario_options(const Arguments& arguments, BenchRequest& request) {
  using measure::Scenario;
  measure::LoadOptions& load = request.load;
  load.scenario = TRY(parse_scenario(arguments));
  if (load.scenario == Scenario::kRate && !arguments.has("--rate"))
    return Error{Code::kUsage, "--scenario rate needs --rate: how often a second, as --rate 50"};
  if (load.scenario != Scenario::kRate && arguments.has("--rate"))
    return Error{Code::kUsage, str("--rate goes with --scenario rate, not ", name(load.scenario))};
  if (arguments.has("--rate"))
    load.rate_hz = TRY(positive("--rate", arguments.value("--rate"), kMostRate_hz));
  if (load.scenario == Scenario::kMulti) request.sessions = 2;
  if (!arguments.has("--streams")) return {};
  request.sessions = static_cast<std::size_t>(
      TRY(parse_number("--streams", arguments.value("--streams"), 1, kMostStreams)));
  const bool is_one = load.scenario == Scenario::kSingle || load.scenario == Scenario::kRate;
  if (is_one && request.sessions > 1)
    return Error{Code::kUsage,
                 str("--streams goes with --scenario multi or offline, not ", name(load.scenario))};
  return {};
}

Status parse_percentiles(const Arguments& arguments, measure::LoadOptions& load) {
  if (arguments.has("--confidence")) {
    load.confidence = TRY(parse_share("--confidence", arguments.value("--confidence")));
    if (load.confidence < 0.5 || load.confidence > 0.999999)
      return Error{Code::kUsage, "--confidence needs 50% to 99.9999%"};
  }
  load.shares = {0.5, 0.9, 0.99, 0.999};
  for (const std::string& word : arguments.values("--percentile")) {
    const double percent = TRY(positive("--percentile", word, 100));
    load.shares.push_back(percent / 100);
  }
  std::sort(load.shares.begin(), load.shares.end());
  const auto same = [](double a, double b) { return std::abs(a - b) < 1e-12; };
  load.shares.erase(std::unique(load.shares.begin(), load.shares.end(), same), load.shares.end());
  return {};
}

}  // namespace

std::span<const Option> bench_options() { return kOptions; }

std::size_t samples_in(const BoundInputs& bound, const Graph& graph, std::size_t otherwise) {
  if (graph.inputs.empty()) return otherwise;
  const std::optional<Dims>& dims = graph.value(graph.inputs[0]).type.dims;
  if (!dims.has_value() || dims->empty() || !dims->front().is_symbol()) return otherwise;
  for (const auto& [symbol, extent] : bound.extents) {
    if (symbol == dims->front().symbol() && extent > 0) return static_cast<std::size_t>(extent);
  }
  return otherwise;
}

Result<double> parse_duration(std::string_view option, std::string_view text, double most_s) {
  double unit_s = 1;
  std::string_view number = text;
  if (number.ends_with('h')) unit_s = 3600;
  if (number.ends_with('m')) unit_s = 60;
  if (number.ends_with('h') || number.ends_with('m') || number.ends_with('s'))
    number.remove_suffix(1);
  const std::optional<double> value = device::real_number(number);
  const bool is_number = number.find_first_not_of("0123456789.") == std::string_view::npos;
  if (value.has_value() && is_number && *value > 0 && *value * unit_s <= most_s)
    return *value * unit_s;
  return Error{Code::kUsage,
               str(option, " needs a duration as 30m, 90s or 2h, not '", shorten(text, 40), "'")};
}

Result<double> parse_share(std::string_view option, std::string_view text) {
  std::string_view number = text;
  const bool is_percent = number.ends_with('%');
  if (is_percent) number.remove_suffix(1);
  const std::optional<double> value = device::real_number(number);
  const bool is_number =
      device::trimmed(number).find_first_not_of("0123456789.eE-") == std::string_view::npos;
  const double share = value.value_or(-1) / (is_percent ? 100 : 1);
  if (value.has_value() && is_number && share >= 0 && share <= 1) return share;
  return Error{Code::kUsage,
               str(option, " needs a share as 1% or 0.01, not '", shorten(text, 40), "'")};
}

Result<BenchRequest> parse_bench(const Arguments& arguments) {
  BenchRequest request;
  TRY(parse_length(arguments, request.load));
  TRY(parse_scenario_options(arguments, request));
  TRY(parse_percentiles(arguments, request.load));
  request.threads = TRY(parse_threads(arguments));
  request.csv = arguments.value("--csv");
  return request;
}

}  // namespace slipway
