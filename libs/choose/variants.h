// A model at the precisions that a build tries: as ONNX, and as plans for the native engine. Each
// is made once, when it is first asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "recipe/recipe.h"

namespace slipway::choose {

struct VariantSource {
  std::filesystem::path model;
  std::map<std::string, std::int64_t> dims;
  std::optional<std::filesystem::path> samples;  // for what has to be calibrated
  std::size_t sample_limit = 0;
  std::filesystem::path folder;  // where they go
};

class Variants {
 public:
  explicit Variants(VariantSource source) : source_(std::move(source)) {}

  // The model at a precision as standard ONNX.
  Result<std::filesystem::path> onnx(const std::string& precision);
  // A plan of it. f16, bf16 and int8-weights are the f32 model with its weights stored narrower.
  Result<std::filesystem::path> plan(const std::string& precision);
  // The ONNX that a plan was made of, and the words that make it again.
  Result<std::filesystem::path> behind_plan(const std::string& precision);
  static std::string plan_command(const std::string& precision);

 private:
  using Made = std::map<std::string, Result<std::filesystem::path>>;
  Result<std::filesystem::path> make_onnx(const std::string& precision) const;
  Result<std::filesystem::path> make_plan(const std::string& precision);

  VariantSource source_;
  Made onnx_;
  Made plans_;
};

}  // namespace slipway::choose
