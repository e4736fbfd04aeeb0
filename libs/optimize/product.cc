#include "optimize/product.h"

#include <cmath>

namespace slipway::optimize {
namespace {

constexpr int kMostDeep = 8;

void collect(Rewriter& rewriter, const Node& node, Product& product, int depth);

void add_factor(Rewriter& rewriter, ValueId id, Product& product, int depth) {
  if (const auto constant = scalar_of(rewriter.graph(), id)) {
    product.constant *= *constant;
    return;
  }
  const Node* const made = rewriter.maker(id);
  if (depth < kMostDeep && made != nullptr && made->version >= 7 && rewriter.is_used_once(id) &&
      (is(*made, "Mul") || (is(*made, "Div") && scalar_of(rewriter.graph(), made->inputs[1])))) {
    collect(rewriter, *made, product, depth + 1);
    return;
  }
  product.factors.push_back(id);
}

void collect(Rewriter& rewriter, const Node& node, Product& product, int depth) {
  add_factor(rewriter, node.inputs[0], product, depth);
  if (is(node, "Div")) {
    product.constant /= *scalar_of(rewriter.graph(), node.inputs[1]);
  } else {
    add_factor(rewriter, node.inputs[1], product, depth);
  }
}

}  // namespace

bool Product::is_of(ValueId a, ValueId b) const {
  return factors.size() == 2 &&
         ((factors[0] == a && factors[1] == b) || (factors[0] == b && factors[1] == a));
}

Product product_of(Rewriter& rewriter, ValueId id) {
  Product product;
  const Node* const made = rewriter.maker(id);
  const bool is_product =
      made != nullptr && made->version >= 7 &&
      (is(*made, "Mul") || (is(*made, "Div") && scalar_of(rewriter.graph(), made->inputs[1])));
  if (is_product) {
    collect(rewriter, *made, product, 0);
  } else {
    product.factors.push_back(id);
  }
  return product;
}

std::optional<Sum> sum_with_constant(Rewriter& rewriter, ValueId id) {
  const Node* const add = rewriter.maker(id, "Add");
  if (add == nullptr || add->version < 7) return std::nullopt;
  for (std::size_t k = 0; k < 2; ++k) {
    if (const auto constant = scalar_of(rewriter.graph(), add->inputs[k]))
      return Sum{add->inputs[1 - k], *constant};
  }
  return std::nullopt;
}

bool is_near(double a, double b) { return std::fabs(a - b) <= 1e-5 * std::fabs(b) + 1e-12; }

}  // namespace slipway::optimize
