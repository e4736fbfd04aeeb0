#include "choose/variants.h"

#include "base/files.h"
#include "base/str.h"
#include "compile/compile.h"
#include "compile/store_weights.h"
#include "onnx/reader.h"
#include "ops/check.h"

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

std::string Variants::plan_command(const std::string& precision) {
  const Result<const Row*> row = row_of(precision);
  const std::string weights = row.ok() ? (*row)->weights : "f32";
  return str("slipway compile model.onnx", weights == "f32" ? "" : " --weights ",
             weights == "f32" ? "" : weights, " -o model.plan");
}

Result<fs::path> Variants::make_onnx(const std::string& precision) const {
  if (precision == "f32") return source_.model;
  if (!source_.samples)
    return Error{Code::kUnsupported, str(precision, " needs samples: name them in the recipe")};
  return Error{Code::kUnsupported,
               str("this build of slipway cannot write ", precision, " models")};
}

Result<fs::path> Variants::make_plan(const std::string& precision) {
  const Row& row = *TRY(row_of(precision));
  Model model = TRY(read_model(TRY(onnx(row.onnx))));
  Problems problems;
  check_model(model, problems);
  if (const Problem* fault = first_fault(problems)) return to_error(*fault);
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
