#include "compile/rules.h"

#include "compile/lower/lower.h"

namespace slipway::compile {
namespace {

constexpr Rule kRules[] = {
    {"Abs", "", lower_unary},       {"Erf", "", lower_unary},     {"Exp", "", lower_unary},
    {"Flatten", "", lower_reshape}, {"Gelu", "", lower_unary},    {"Identity", "", lower_reshape},
    {"Log", "", lower_unary},       {"Neg", "", lower_unary},     {"Relu", "", lower_unary},
    {"Reshape", "", lower_reshape}, {"Sigmoid", "", lower_unary}, {"Sqrt", "", lower_unary},
    {"Squeeze", "", lower_reshape}, {"Tanh", "", lower_unary},    {"Unsqueeze", "", lower_reshape},
};

}  // namespace

std::span<const Rule> all_rules() { return kRules; }

const Rule* find_rule(const Node& node) {
  for (const Rule& rule : kRules) {
    if (rule.op == node.op && rule.domain == node.domain) return &rule;
  }
  return nullptr;
}

}  // namespace slipway::compile
