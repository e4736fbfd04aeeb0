#include "choose/variants.h"

#include <algorithm>

#include "base/files.h"
#include "base/str.h"
#include "choose/sliding.h"
#include "cli/text.h"
#include "compile/compile.h"
#include "compile/store_weights.h"
#include "onnx/reader.h"
#include "onnx/writer.h"
#include "ops/check.h"
#include "quantize/model_run.h"
#include "quantize/prune/prune.h"
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

// Of a form's file; only plans slide.
std::string file_stem(const Setup& setup, bool is_plan) {
  std::string stem = setup.precision;
  if (setup.pruned > 0) stem += str("-pruned-", setup.pruned);
  return is_plan && setup.slides ? stem + "-sliding" : stem;
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

Result<fs::path> Variants::onnx(const Setup& setup) {
  return once(onnx_, file_stem(setup, false), [&] { return make_onnx(setup); });
}

Result<fs::path> Variants::onnx_as_shipped(const Setup& setup) {
  const std::string stem = file_stem(setup, false);
  return once(shipped_, stem, [&]() -> Result<fs::path> {
    const Model model = TRY(read_model(TRY(onnx(setup))));
    const fs::path folder = source_.folder / stem;
    std::error_code error;
    if (!fs::create_directory(folder, error))
      return Error{Code::kIo, str(folder.string(), " cannot be made: ", error.message())};
    TRY(write_model(model, folder / kOnnxName));
    return folder / kOnnxName;
  });
}

Result<fs::path> Variants::plan(const Setup& setup) {
  return once(plans_, file_stem(setup, true), [&] { return make_plan(setup); });
}

Result<fs::path> Variants::behind_plan(const Setup& setup) {
  Setup behind = setup;
  behind.precision = TRY(row_of(setup.precision))->onnx;
  return onnx(behind);
}

std::string Variants::plan_weights(const std::string& precision) {
  const Result<const Row*> row = row_of(precision);
  return row.ok() ? (*row)->weights : "f32";
}

std::string Variants::plan_command(const Setup& setup) const {
  std::string command = str("slipway compile ", kOnnxName);
  for (const auto& [dim, extent] : source_.dims)
    command += str(" --set ", shell_word(str(dim, "=", extent)));
  const std::string weights = plan_weights(setup.precision);
  if (weights != "f32") command += str(" --weights ", weights);
  if (setup.slides) {
    for (const compile::Slide& slide : source_.slides)
      command += str(" --slide ", shell_word(slide_text(slide)));
  }
  return str(command, " -o ", kPlanName);
}

Result<fs::path> Variants::base(double pruned) {
  if (pruned == 0) return source_.model;
  const std::string stem = str("pruned-", pruned);
  return once(bases_, stem, [&]() -> Result<fs::path> {
    const quantize::Pruning pruning =
        TRY(quantize::prune(TRY(read_runnable(source_.model)), pruned));
    fs::path path = source_.folder / str(stem, ".onnx");
    TRY(write_model(pruning.model, path));
    return path;
  });
}

Result<fs::path> Variants::make_onnx(const Setup& setup) {
  const std::string& precision = setup.precision;
  fs::path from = TRY(base(setup.pruned));
  if (precision == "f32") return from;
  Model model = TRY(read_runnable(from));
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
  fs::path path = source_.folder / str(file_stem(setup, false), ".onnx");
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

Result<fs::path> Variants::make_plan(const Setup& setup) {
  const Row& row = *TRY(row_of(setup.precision));
  Model model = TRY(read_runnable(TRY(behind_plan(setup))));
  compile::CompileOptions options;
  options.dims = source_.dims;
  options.weights = TRY(compile::parse_weight_type(row.weights));
  if (setup.slides) options.slides = source_.slides;
  const compile::Compiled compiled = TRY(compile::compile_model(std::move(model), options));
  fs::path path = source_.folder / str(file_stem(setup, true), ".plan");
  AtomicFile file = TRY(AtomicFile::create(path));
  TRY(file.write(compiled.file.bytes()));
  TRY(file.commit());
  return path;
}

}  // namespace slipway::choose
