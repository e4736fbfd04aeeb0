#include <cmath>
#include <numbers>

#include "ops/node_view.h"
#include "optimize/list.h"
#include "optimize/product.h"

namespace slipway::optimize {
namespace {

bool is_power(Rewriter& rewriter, ValueId id, ValueId base, double exponent) {
  const Node* const pow = rewriter.maker(id, "Pow");
  if (pow == nullptr || pow->inputs[0] != base) return false;
  const auto stated = scalar_of(rewriter.graph(), pow->inputs[1]);
  return stated && *stated == exponent;
}

// erf(x / sqrt 2).
bool is_erf_of(Rewriter& rewriter, ValueId id, ValueId x) {
  const Node* const erf = rewriter.maker(id, "Erf");
  if (erf == nullptr || !rewriter.is_used_once(erf->inputs[0])) return false;
  const Product inner = product_of(rewriter, erf->inputs[0]);
  return inner.factors == std::vector{x} && is_near(inner.constant, std::numbers::sqrt2 / 2);
}

// tanh(sqrt(2 / pi) (x + 0.044715 x^3)).
bool is_tanh_of(Rewriter& rewriter, ValueId id, ValueId x) {
  const Node* const tanh = rewriter.maker(id, "Tanh");
  if (tanh == nullptr || !rewriter.is_used_once(tanh->inputs[0])) return false;
  const Product outer = product_of(rewriter, tanh->inputs[0]);
  if (outer.factors.size() != 1 || !is_near(outer.constant, std::sqrt(2 / std::numbers::pi)))
    return false;
  const Node* const add = rewriter.maker(outer.factors[0], "Add");
  if (add == nullptr) return false;
  for (std::size_t k = 0; k < 2; ++k) {
    if (add->inputs[k] != x || !rewriter.is_used_once(add->inputs[1 - k])) continue;
    const Product cubic = product_of(rewriter, add->inputs[1 - k]);
    if (!is_near(cubic.constant, 0.044715)) continue;
    if (cubic.factors == std::vector{x, x, x}) return true;
    if (cubic.factors.size() == 1 && is_power(rewriter, cubic.factors[0], x, 3)) return true;
  }
  return false;
}

// clip(x + 3, 0, 6).
bool is_clip_of(Rewriter& rewriter, ValueId id, ValueId x) {
  const Node* const clip = rewriter.maker(id, "Clip");
  if (clip == nullptr || clip->version < 11 || clip->inputs.size() != 3) return false;
  const auto low = scalar_of(rewriter.graph(), clip->inputs[1]);
  const auto high = scalar_of(rewriter.graph(), clip->inputs[2]);
  const auto sum = sum_with_constant(rewriter, clip->inputs[0]);
  return low && high && sum && *low == 0 && *high == 6 && sum->value == x && sum->constant == 3;
}

bool is_hard_sigmoid_of(Rewriter& rewriter, ValueId id, ValueId x) {
  const Node* const sigmoid = rewriter.maker(id, "HardSigmoid");
  if (sigmoid == nullptr || sigmoid->inputs[0] != x) return false;
  const NodeView view(*sigmoid, "");
  return is_near(view.get_float("alpha", 0.2F), 1.0 / 6) && view.get_float("beta", 0.5F) == 0.5F;
}

bool is_tanh_of_softplus(Rewriter& rewriter, ValueId id, ValueId x) {
  const Node* const tanh = rewriter.maker(id, "Tanh");
  if (tanh == nullptr) return false;
  const Node* const softplus = rewriter.maker(tanh->inputs[0], "Softplus");
  return softplus != nullptr && softplus->inputs[0] == x;
}

// What x times `other` times a constant is, as one operator; nothing where it is none.
struct Fused {
  std::string op;
  std::vector<Attribute> attributes;
};

std::optional<Fused> fused(Rewriter& rewriter, int version, double constant, ValueId x,
                           ValueId other) {
  Fused found;
  if (version >= 20 && is_near(constant, 0.5)) {
    if (const auto sum = sum_with_constant(rewriter, other); sum && sum->constant == 1) {
      if (is_erf_of(rewriter, sum->value, x)) {
        found.op = "Gelu";
        return found;
      }
      if (is_tanh_of(rewriter, sum->value, x)) {
        found.op = "Gelu";
        found.attributes.emplace_back("approximate", std::string("tanh"));
        return found;
      }
    }
  }
  if (version >= 14 && ((constant == 1 && is_hard_sigmoid_of(rewriter, other, x)) ||
                        (is_near(constant, 1.0 / 6) && is_clip_of(rewriter, other, x)))) {
    found.op = "HardSwish";
    return found;
  }
  if (version >= 18 && constant == 1 && is_tanh_of_softplus(rewriter, other, x)) {
    found.op = "Mish";
    return found;
  }
  return std::nullopt;
}

// The last node of x * f(x) forms: a Mul, or the Div by a constant that ends one.
void fuse_product(Rewriter& rewriter, std::size_t i) {
  const Node& node = rewriter.node(i);
  if ((!is(node, "Mul") && !is(node, "Div")) || node.outputs[0] == kNoValue) return;
  if (rewriter.graph().value(node.outputs[0]).type.dtype != DType::kFloat32) return;
  const Product product = product_of(rewriter, node.outputs[0]);
  if (product.factors.size() != 2) return;
  for (std::size_t k = 0; k < 2; ++k) {
    const ValueId x = product.factors[k];
    auto found = fused(rewriter, node.version, product.constant, x, product.factors[1 - k]);
    if (!found) continue;
    rewriter.replace(i, std::move(found->op), {x}, std::move(found->attributes));
    return;
  }
}

// log(exp(x) + 1).
void fuse_softplus(Rewriter& rewriter, std::size_t i) {
  const Node& log = rewriter.node(i);
  if (!is(log, "Log")) return;
  const auto sum = sum_with_constant(rewriter, log.inputs[0]);
  if (!sum || sum->constant != 1) return;
  const Node* const exp = rewriter.maker(sum->value, "Exp");
  if (exp == nullptr) return;
  const ValueId x = exp->inputs[0];
  rewriter.replace(i, "Softplus", {x});
}

}  // namespace

// The formulas of Gelu, HardSwish and Mish, where the model's operator set has them.
Result<std::string> fuse_activations(Model& model) {
  const std::size_t fused = rewrite_graphs(model.graph, [](Rewriter& rewriter) {
    for (std::size_t i = 0; i < rewriter.size(); ++i) fuse_product(rewriter, i);
  });
  return note(fused, "fused", "formula", "into Gelu, HardSwish or Mish");
}

Result<std::string> fuse_softplus(Model& model) {
  const std::size_t fused = rewrite_graphs(model.graph, [](Rewriter& rewriter) {
    for (std::size_t i = 0; i < rewriter.size(); ++i) fuse_softplus(rewriter, i);
  });
  return note(fused, "fused", "formula", "into Softplus");
}

}  // namespace slipway::optimize
