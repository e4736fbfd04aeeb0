#include "quantize_options.h"

#include <array>
#include <charconv>

#include "base/str.h"
#include "console.h"
#include "model_arguments.h"

namespace slipway {
namespace {

constexpr Option kOptions[] = {
    {"-o", "FILE", "where the quantised model goes"},
    {"--to", "TYPE",
     "int8, uint8 (activations; weights are int8 with both), fp16, bf16 or int8-weights"},
    {"--samples", "DATA",
     "what inputs are like: .npz, .npy or a folder of them, first axis counts samples"},
    {"--dynamic", "", "ranges are found as the model runs: no samples"},
    {"--format", "FORM",
     "qdq (Q/DQ around operators, the default) or qoperator (operators of integers)"},
    {"--calibrate", "HOW", "choose ranges by mse (the default), minmax, entropy or percentile"},
    {"--percentile", "P",
     "the share of values in range, in per cent, of --calibrate percentile (99.99)"},
    {"--per-tensor", "", "one scale for a whole tensor of weights, not one for each channel"},
    {"--symmetric", "", "zero points of activations are 0"},
    {"--no-equalize", "", "leave out cross-layer equalisation"},
    {"--no-bias-correction", "", "leave out bias correction"},
    {"--exclude", "NODE", "leave this node as it is (may be repeated)", true},
    {"--only", "NODE", "leave all nodes but this one as they are (may be repeated)", true},
    {"--max-drop", "P%",
     "keep the nodes in float that cost more: of accuracy with --labels, else relative error"},
    {"--labels", "FILE", "a class for each sample: .npy, or an array 'labels' of an .npz"},
    {"--cache", "FILE",
     "read what calibration found from here, or write it where there is no such file"},
    {"--tensorrt-cache", "FILE",
     "write ranges of the float model's values as TensorRT's calibration cache"},
    {"--keep-io", "", "of fp16: inputs and outputs stay float"},
    {"--set", "DIM=N", "take an open dimension for N (may be repeated)", true},
    {"--json", "", "print what was done as JSON"},
};

Result<double> parse_share(std::string_view option, std::string_view text, bool is_per_cent) {
  double number = 0;
  std::string_view digits = text;
  const bool has_sign = digits.ends_with('%');
  if (has_sign) digits.remove_suffix(1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool is_number = error == std::errc() && end == digits.data() + digits.size();
  if (has_sign || is_per_cent) number /= 100;
  if (is_number && number >= 0 && number <= 1) return number;
  return Error{Code::kUsage,
               str(option, " needs a share, as 1% or 0.01, not '", shorten(text), "'")};
}

struct Clash {
  std::string_view option;
  bool is_wrong;
  std::string_view reason;
};

Status check_clashes(const Arguments& arguments, const QuantizeRequest& request) {
  const bool is_static = request.is_static();
  const bool is_integer = is_static || request.options.is_dynamic;
  const bool is_half = request.options.to == quantize::Precision::kFloat16;
  const std::array clashes = {
      Clash{"--dynamic",
            request.options.is_dynamic && request.options.to != quantize::Precision::kInt8 &&
                request.options.to != quantize::Precision::kUint8,
            "is a way to int8 or uint8"},
      Clash{"--calibrate", !is_static, "belongs to static quantisation"},
      Clash{"--symmetric", !is_static, "belongs to static quantisation"},
      Clash{"--no-equalize", !is_static, "belongs to static quantisation"},
      Clash{"--no-bias-correction", !is_static, "belongs to static quantisation"},
      Clash{"--cache", !is_static, "belongs to static quantisation"},
      Clash{"--max-drop", !is_static, "belongs to static quantisation"},
      Clash{"--format", !is_static, "belongs to static quantisation"},
      Clash{"--tensorrt-cache", request.samples.empty(), "needs --samples"},
      Clash{"--max-drop", request.samples.empty(), "needs --samples"},
      Clash{"--labels", request.samples.empty(), "needs --samples"},
      Clash{"--percentile", request.options.method != quantize::Method::kPercentile,
            "goes with --calibrate percentile"},
      Clash{"--per-tensor", !is_integer && request.options.to != quantize::Precision::kInt8Weights,
            "belongs to integers"},
      Clash{"--keep-io", !is_half, "belongs to --to fp16"},
  };
  for (const Clash& clash : clashes) {
    if (clash.is_wrong && arguments.has(clash.option))
      return Error{Code::kUsage, str(clash.option, " ", clash.reason)};
  }
  return {};
}

}  // namespace

std::span<const Option> quantize_options() { return kOptions; }

Result<QuantizeRequest> parse_quantize_request(const Arguments& arguments) {
  TRY(expect_operands("quantize", arguments.positional().size(), 1, "MODEL -o FILE --to TYPE"));
  for (const auto& [option, why] :
       {std::pair{"-o", "where should the quantised model go? -o FILE"},
        std::pair{"--to", "to what? --to int8, uint8, fp16, bf16 or int8-weights"}}) {
    if (!arguments.has(option)) return Error{Code::kUsage, why};
  }
  QuantizeRequest request;
  request.input = arguments.positional()[0];
  request.output = arguments.value("-o");
  quantize::Options& options = request.options;
  options.to = TRY(quantize::parse_precision(arguments.value("--to")));
  options.is_dynamic = arguments.has("--dynamic");
  options.is_per_tensor = arguments.has("--per-tensor");
  options.is_symmetric = arguments.has("--symmetric");
  options.equalizes = !arguments.has("--no-equalize");
  options.corrects_bias = !arguments.has("--no-bias-correction");
  options.keeps_io = arguments.has("--keep-io");
  options.exclude = arguments.values("--exclude");
  options.only = arguments.values("--only");
  options.dims = TRY(parse_extents(arguments));
  if (arguments.has("--calibrate"))
    options.method = TRY(quantize::parse_method(arguments.value("--calibrate")));
  if (arguments.has("--percentile"))
    options.percentile =
        100 * TRY(parse_share("--percentile", arguments.value("--percentile"), true));
  const std::string format = arguments.value("--format");
  options.is_qoperator = format == "qoperator";
  if (!format.empty() && format != "qdq" && format != "qoperator")
    return Error{Code::kUsage, str("--format is qdq or qoperator, not '", shorten(format), "'")};
  request.samples = arguments.value("--samples");
  request.labels = arguments.value("--labels");
  request.cache = arguments.value("--cache");
  request.tensorrt_cache = arguments.value("--tensorrt-cache");
  if (arguments.has("--max-drop"))
    request.max_drop = TRY(parse_share("--max-drop", arguments.value("--max-drop"), false));
  if (!options.is_dynamic && request.is_static() && request.samples.empty() &&
      request.cache.empty()) {
    return Error{
        Code::kUsage,
        str("--to ", arguments.value("--to"),
            " needs to know what inputs are like: --samples DATA; or --dynamic, or a --cache")};
  }
  TRY(check_clashes(arguments, request));
  return request;
}

}  // namespace slipway
