// Operators that took fewer types once. The operator table has the newest types of each form.
#include <array>

#include "optimize/opset/step.h"

namespace slipway::optimize {
namespace {

Status floats_only(Step& step) {
  const DType dtype = step.input_type(0).dtype;
  if (dtype == DType::kUndefined || is_float(dtype)) return {};
  return step.cannot("it takes ", name(dtype), ", and there floats alone");
}

Status wide_numbers_only(Step& step) {
  using enum DType;
  const DType dtype = step.input_type(0).dtype;
  if (dtype != kInt8 && dtype != kUint8 && dtype != kInt16 && dtype != kUint16) return {};
  return step.cannot("it takes ", name(dtype), ", and there whole numbers of 32 and 64 bits");
}

Status no_texts(Step& step) {
  if (step.input_type(0).dtype != DType::kString) return {};
  return step.cannot("it takes texts");
}

Status no_bools(Step& step) {
  if (step.input_type(0).dtype != DType::kBool) return {};
  return step.cannot("it takes bools");
}

Status no_bytes(Step& step) {
  const DType dtype = step.input_type(0).dtype;
  if (dtype != DType::kInt8 && dtype != DType::kUint8) return {};
  return step.cannot("it takes ", name(dtype));
}

constexpr auto kRules = std::to_array<Rule>({
    {"Add", 14, nullptr, wide_numbers_only}, {"Div", 14, nullptr, wide_numbers_only},
    {"Mul", 14, nullptr, wide_numbers_only}, {"Sub", 14, nullptr, wide_numbers_only},
    {"Clip", 12, nullptr, floats_only},      {"Equal", 19, nullptr, no_texts},
    {"Flatten", 9, nullptr, floats_only},    {"Gemm", 9, nullptr, floats_only},
    {"MatMul", 9, nullptr, floats_only},     {"Max", 12, nullptr, floats_only},
    {"MaxPool", 12, nullptr, floats_only},   {"Min", 12, nullptr, floats_only},
    {"PRelu", 9, nullptr, floats_only},      {"Pow", 12, nullptr, floats_only},
    {"ReduceMax", 12, nullptr, no_bytes},    {"ReduceMax", 20, nullptr, no_bools},
    {"ReduceMin", 12, nullptr, no_bytes},    {"ReduceMin", 20, nullptr, no_bools},
    {"Relu", 14, nullptr, floats_only},
});

}  // namespace

std::span<const Rule> type_rules() { return kRules; }

}  // namespace slipway::optimize
