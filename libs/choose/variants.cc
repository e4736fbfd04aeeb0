#include "choose/variants.h"

#include <algorithm>

#include "base/files.h"
#include "base/str.h"
#include "compile/compile.h"
#include "compile/store_weights.h"
#include "onnx/reader.h"
#include "onnx/writer.h"
#include "ops/check.h"
#include "quantize/model_run.h"
#include "quantize/quantize.h"
#include "quantize/search.h"
#include "samples/labels.h"
#include "samples/samples.h"

namespace slipway::choose {
namespace {

namespace fs = std::filesystem;

// How the native engine gets a precision.
struct Row {
  const char* precision;
  const char* onnx;     // the precision of the model that is compiled
  const char* weights;  // how the plan stores weights
};
constexpr Row kRows[] = {
    {"f32", "f32", "f32"},           {"f16", "f32", "f16"},   {"bf16", "f32", "bf16"},
    {"int8-weights", "f32", "int8"}, {"int8", "int8", "f32"},
};

Result<const Row*> row_of(const std::string& precision) {
  for (const Row& row : kRows) {
    if (precision == row.precision) return &row;
  }
  return Error{Code::kInternal, str("there is no precision '", precision, "'")};
}

Result<Model> read_runnable(const fs::path& path) {
  Model model = TRY(read_model(path));
  Problems problems;
  check_model(model, problems);
  if (const Problem* fault = first_fault(problems)) return to_error(*fault);
  return model;
}

bool is_quantized(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) {
    return node.op == "QuantizeLinear" || node.op == "DynamicQuantizeLinear";
  });
}

Result<fs::path> once(std::map<std::string, Result<fs::path>>& made, const std::string& key,
                      const std::function<Result<fs::path>()>& make) {
  auto found = made.find(key);
  if (found == made.end()) found = made.emplace(key, make()).first;
  return found->second;
}

}  // namespace

Result<fs::path> Variants::onnx(const std::string& precision) {
  return once(onnx_, precision, [&] { return make_onnx(precision); });
}

Result<fs::path> Variants::plan(const std::string& precision) {
  return once(plans_, precision, [&] { return make_plan(precision); });
}

Result<fs::path> Variants::behind_plan(const std::string& precision) {
  return onnx(TRY(row_of(precision))->onnx);
}

std::string Variants::plan_weights(const std::string& precision) {
  const Result<const Row*> row = row_of(precision);
  return row.ok() ? (*row)->weights : "f32";
}

std::string Variants::plan_command(const std::string& precision) {
  const std::string weights = plan_weights(precision);
  const std::string option = weights == "f32" ? std::string() : str(" --weights ", weights);
  return str("slipway compile model.onnx", option, " -o model.plan");
}

Result<fs::path> Variants::make_onnx(const std::string& precision) const {
  if (precision == "f32") return source_.model;
  Model model = TRY(read_runnable(source_.model));
  if (is_quantized(model.graph)) {
    return Error{Code::kUnsupported,
                 str("the model is quantised already: it is tried as it is, as f32")};
  }
  quantize::Options options;
  options.to = TRY(quantize::parse_precision(precision == "f16" ? "fp16" : precision));
  options.keeps_io = true;
  options.dims = source_.dims;
  quantize::Outcome outcome =
      TRY(options.to == quantize::Precision::kInt8
              ? calibrate(std::move(model), options)
              : quantize::quantize_without_samples(std::move(model), options));
  const fs::path path = source_.folder / str(precision, ".onnx");
  TRY(write_model(outcome.model, path));
  return path;
}

Result<quantize::Outcome> Variants::calibrate(Model model, const quantize::Options& options) const {
  if (!source_.samples)
    return Error{Code::kUnsupported, "int8 needs samples: name them in the recipe"};
  samples::Samples samples = TRY(
      samples::Samples::open(*source_.samples, TRY(quantize::wanted_inputs(model, source_.dims))));
  const auto calibrated =
      TRY(quantize::Calibrated::create(std::move(model), options, &samples, std::nullopt, {}));
  if (!source_.most_drop) return calibrated.quantize();
  const quantize::Search search =
      TRY(quantize::search(calibrated, samples, source_.labels, *source_.most_drop, options, {}));
  return calibrated.quantize(quantize::kept_nodes(search));
}

Result<fs::path> Variants::make_plan(const std::string& precision) {
  const Row& row = *TRY(row_of(precision));
  Model model = TRY(read_runnable(TRY(onnx(row.onnx))));
  compile::CompileOptions options;
  options.dims = source_.dims;
  options.weights = TRY(compile::parse_weight_type(row.weights));
  const compile::Compiled compiled = TRY(compile::compile_model(std::move(model), options));
  const fs::path path = source_.folder / str(precision, ".plan");
  AtomicFile file = TRY(AtomicFile::create(path));
  TRY(file.write(compiled.file.bytes()));
  TRY(file.commit());
  return path;
}

}  // namespace slipway::choose
