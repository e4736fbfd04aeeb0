#include "compile/lower/elementwise.h"

#include <limits>

#include "ops/node_view.h"

namespace slipway::compile {
namespace {

struct UnaryRow {
  std::string_view op;
  Unary function;
  // Attributes that become alpha and beta, with their defaults.
  std::string_view alpha = {};
  float alpha_default = 0;
  std::string_view beta = {};
  float beta_default = 0;
};

constexpr UnaryRow kUnaryRows[] = {
    {"Abs", Unary::kAbs},
    {"Acos", Unary::kAcos},
    {"Acosh", Unary::kAcosh},
    {"Asin", Unary::kAsin},
    {"Asinh", Unary::kAsinh},
    {"Atan", Unary::kAtan},
    {"Atanh", Unary::kAtanh},
    {"Ceil", Unary::kCeil},
    {"Celu", Unary::kCelu, "alpha", 1.0F},
    {"Cos", Unary::kCos},
    {"Cosh", Unary::kCosh},
    {"Elu", Unary::kElu, "alpha", 1.0F},
    {"Erf", Unary::kErf},
    {"Exp", Unary::kExp},
    {"Floor", Unary::kFloor},
    {"HardSigmoid", Unary::kHardSigmoid, "alpha", 0.2F, "beta", 0.5F},
    {"HardSwish", Unary::kHardSwish},
    {"LeakyRelu", Unary::kLeakyRelu, "alpha", 0.01F},
    {"Log", Unary::kLog},
    {"Mish", Unary::kMish},
    {"Neg", Unary::kNegative},
    {"Reciprocal", Unary::kReciprocal},
    {"Relu", Unary::kRelu},
    {"Round", Unary::kRound},
    {"Selu", Unary::kSelu, "alpha", 1.67326319217681884765625F, "gamma",
     1.05070102214813232421875F},
    {"Shrink", Unary::kShrink, "lambd", 0.5F, "bias", 0.0F},
    {"Sigmoid", Unary::kSigmoid},
    {"Sign", Unary::kSign},
    {"Sin", Unary::kSin},
    {"Sinh", Unary::kSinh},
    {"Softplus", Unary::kSoftplus},
    {"Softsign", Unary::kSoftsign},
    {"Sqrt", Unary::kSqrt},
    {"Swish", Unary::kSwish, "alpha", 1.0F},
    {"Tan", Unary::kTan},
    {"Tanh", Unary::kTanh},
    {"ThresholdedRelu", Unary::kThresholdedRelu, "alpha", 1.0F},
};

struct BinaryRow {
  std::string_view op;
  Binary function;
};

constexpr BinaryRow kBinaryRows[] = {
    {"Add", Binary::kAdd}, {"Div", Binary::kDiv}, {"Max", Binary::kMax},
    {"Min", Binary::kMin}, {"Mul", Binary::kMul}, {"PRelu", Binary::kPrelu},
    {"Pow", Binary::kPow}, {"Sub", Binary::kSub}, {"Sum", Binary::kAdd},
};

// An input of Clip that is one constant float, or the default where it is left out.
bool read_bound(const Lowering& lowering, const Node& node, std::size_t input, float& bound) {
  if (input >= node.inputs.size() || node.inputs[input] == kNoValue) return true;
  const Tensor* const tensor = lowering.constant(node.inputs[input]);
  if (tensor == nullptr || tensor->size() != 1 || tensor->dtype() != DType::kFloat32) return false;
  const Result<Tensor> direct = tensor->direct();
  if (!direct.ok()) return false;
  bound = direct->data<float>()[0];
  return true;
}

std::optional<Elementwise> clip_of(const Lowering& lowering, const Node& node) {
  Elementwise clip;
  clip.function = static_cast<std::uint8_t>(Unary::kClip);
  clip.a = node.inputs[0];
  const NodeView view(node, "");
  clip.alpha = std::numeric_limits<float>::lowest();
  clip.beta = std::numeric_limits<float>::max();
  if (node.version >= 11) {
    clip.alpha = -std::numeric_limits<float>::infinity();
    clip.beta = std::numeric_limits<float>::infinity();
    if (!read_bound(lowering, node, 1, clip.alpha) || !read_bound(lowering, node, 2, clip.beta))
      return std::nullopt;
  } else {
    clip.alpha = view.get_float("min", clip.alpha);
    clip.beta = view.get_float("max", clip.beta);
  }
  return clip;
}

std::optional<Elementwise> binary_of(const Node& node, Binary function) {
  if (node.inputs.size() != 2 || node.version < 7) return std::nullopt;
  Elementwise binary;
  binary.is_binary = true;
  binary.function = static_cast<std::uint8_t>(function);
  binary.a = node.inputs[0];
  binary.b = node.inputs[1];
  return binary;
}

std::optional<Elementwise> function_of(const Lowering& lowering, const Node& node) {
  if (node.op == "Clip") return clip_of(lowering, node);
  const NodeView view(node, "");
  if (node.op == "Gelu") {
    const bool is_tanh = view.get_string("approximate", "none") == "tanh";
    return Elementwise{
        .function = static_cast<std::uint8_t>(is_tanh ? Unary::kGeluTanh : Unary::kGelu),
        .a = node.inputs[0]};
  }
  for (const UnaryRow& row : kUnaryRows) {
    if (row.op != node.op) continue;
    Elementwise unary{.function = static_cast<std::uint8_t>(row.function), .a = node.inputs[0]};
    if (!row.alpha.empty()) unary.alpha = view.get_float(row.alpha, row.alpha_default);
    if (!row.beta.empty()) unary.beta = view.get_float(row.beta, row.beta_default);
    return unary;
  }
  for (const BinaryRow& row : kBinaryRows) {
    if (row.op == node.op) return binary_of(node, row.function);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Elementwise> elementwise_of(const Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  if (!n.domain.empty() || n.inputs.empty() || n.outputs.size() != 1 || n.version < 6)
    return std::nullopt;
  std::optional<Elementwise> function = function_of(lowering, n);
  if (!function || !lowering.is_float(function->a)) return std::nullopt;
  if (function->is_binary && !lowering.is_float(function->b)) return std::nullopt;
  return function;
}

std::optional<ActivationSpec> activation_of(const Elementwise& function) {
  struct Row {
    Unary unary;
    Activation activation;
  };
  static constexpr Row kRows[] = {
      {Unary::kRelu, Activation::kRelu},           {Unary::kClip, Activation::kClip},
      {Unary::kLeakyRelu, Activation::kLeakyRelu}, {Unary::kElu, Activation::kElu},
      {Unary::kSigmoid, Activation::kSigmoid},     {Unary::kHardSigmoid, Activation::kHardSigmoid},
      {Unary::kHardSwish, Activation::kHardSwish}, {Unary::kTanh, Activation::kTanh},
      {Unary::kGelu, Activation::kGelu},           {Unary::kGeluTanh, Activation::kGeluTanh},
  };
  if (function.is_binary) return std::nullopt;
  for (const Row& row : kRows) {
    if (static_cast<std::uint8_t>(row.unary) == function.function)
      return ActivationSpec{row.activation, function.alpha, function.beta};
  }
  return std::nullopt;
}

}  // namespace slipway::compile
