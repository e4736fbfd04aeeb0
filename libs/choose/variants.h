// A model in the forms that a build tries: as ONNX, and as plans for the native engine. Each is
// made once, when it is first asked for. Of a setup, its precision, its pruning and whether it
// slides count here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "choose/setup.h"
#include "compile/compile.h"
#include "graph/graph.h"
#include "quantize/quantize.h"

namespace slipway::choose {

struct VariantSource {
  std::filesystem::path model;
  std::map<std::string, std::int64_t> dims;
  std::optional<std::filesystem::path> samples;  // for what has to be calibrated
  std::vector<std::int64_t> labels;              // of the samples, where there are any
  // What int8 may cost, a share of 1: the nodes that cost most stay float until it is kept. Absent:
  // everything is quantised.
  std::optional<double> most_drop;
  std::vector<compile::Slide> slides;  // of plans that slide
  std::filesystem::path folder;        // where they go
};

class Variants {
 public:
  explicit Variants(VariantSource source) : source_(std::move(source)) {}

  // The model in a form as standard ONNX.
  Result<std::filesystem::path> onnx(const Setup& setup);
  // The same under the name that artifacts have, with the same bytes.
  Result<std::filesystem::path> onnx_as_shipped(const Setup& setup);
  // A plan of it. f16, bf16 and int8-weights are the f32 model with its weights stored narrower.
  Result<std::filesystem::path> plan(const Setup& setup);
  // The ONNX that a plan was made of, and the words that make it again.
  Result<std::filesystem::path> behind_plan(const Setup& setup);
  static std::string plan_weights(const std::string& precision);  // as --weights takes them
  std::string plan_command(const Setup& setup) const;

 private:
  using Made = std::map<std::string, Result<std::filesystem::path>>;
  Result<std::filesystem::path> base(double pruned);
  Result<std::filesystem::path> make_onnx(const Setup& setup);
  Result<quantize::Outcome> calibrate(Model model, const quantize::Options& options) const;
  Result<std::filesystem::path> make_plan(const Setup& setup);

  VariantSource source_;
  Made bases_;
  Made onnx_;
  Made shipped_;
  Made plans_;
};

// What a file of artifacts is called.
inline constexpr const char* kOnnxName = "model.onnx";
inline constexpr const char* kPlanName = "model.plan";

}  // namespace slipway::choose
