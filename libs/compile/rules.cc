#include "compile/rules.h"

#include "compile/lower/lower.h"
#include "ops/op.h"

namespace slipway::compile {
namespace {

// clang-format off: a row a line
constexpr Rule kRules[] = {
    {"AveragePool", "", lower_pool},
    {"Conv", "", lower_conv},
    {"Flatten", "", lower_reshape},
    {"Gemm", "", lower_gemm},
    {"GlobalAveragePool", "", lower_global_pool},
    {"GlobalMaxPool", "", lower_global_pool},
    {"Identity", "", lower_reshape},
    {"MatMul", "", lower_matmul},
    {"MaxPool", "", lower_pool},
    {"Reshape", "", lower_reshape},
    {"Squeeze", "", lower_reshape},
    {"TreeEnsembleRegressor", kMl, lower_tree_regressor},
    {"Unsqueeze", "", lower_reshape},
};
// clang-format on

// Every function of elementwise.cc.
constexpr Rule kElementwise = {"", "", lower_elementwise};

}  // namespace

std::span<const Rule> all_rules() { return kRules; }

const Rule* find_rule(const Node& node) {
  for (const Rule& rule : kRules) {
    if (rule.op == node.op && rule.domain == node.domain) return &rule;
  }
  return &kElementwise;
}

}  // namespace slipway::compile
