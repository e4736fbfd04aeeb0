// A tree of multiplications as one product: what its constants come to, and the other factors.
#pragma once

#include <vector>

#include "optimize/rewriter.h"

namespace slipway::optimize {

struct Product {
  double constant = 1;
  std::vector<ValueId> factors;

  // There are just these two, in any order.
  bool is_of(ValueId a, ValueId b) const;
};

// Of a value that Mul, or Div by a constant, makes; else the value is the only factor. Takes the
// tree apart as far as nothing else uses its inner values.
Product product_of(Rewriter& rewriter, ValueId id);

// a + constant, in any order, by an Add that nothing else uses: a and the constant.
struct Sum {
  ValueId value = kNoValue;
  double constant = 0;
};
std::optional<Sum> sum_with_constant(Rewriter& rewriter, ValueId id);

// A constant in a file has six digits or more.
bool is_near(double a, double b);

}  // namespace slipway::optimize
