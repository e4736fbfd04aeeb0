#include "exceptions.h"

#include <regex>

namespace slipway {
namespace {

constexpr Exception kSkipped[] = {
    {"^test_gradient_of_",
     "Gradient (ai.onnx.preview.training) differentiates a graph: Slipway runs trained models"},
};

constexpr Exception kRandom[] = {
    {"^test_bernoulli", "random numbers without a defined generator: type and shape are compared"},
    {"^test_training_dropout(_default)?(_mask)?$",
     "random numbers without a defined generator: type and shape are compared"},
};

}  // namespace

std::span<const Exception> skipped_cases() { return kSkipped; }
std::span<const Exception> random_cases() { return kRandom; }

const Exception* find_exception(std::span<const Exception> table, const std::string& name) {
  for (const Exception& row : table) {
    if (std::regex_search(name, std::regex(std::string(row.pattern)))) return &row;
  }
  return nullptr;
}

}  // namespace slipway
