#include <cmath>

#include "optimize/list.h"
#include "optimize/rewriter.h"

namespace slipway::optimize {
namespace {

// The constant by which to multiply, where every element is a power of two whose inverse is one as
// well: both the quotient and the product are the same real number, rounded once.
std::optional<Tensor> exact_inverse(const Graph& graph, ValueId id) {
  auto divisor = floats_of(graph, id);
  if (!divisor || divisor->size() == 0) return std::nullopt;
  for (float& x : divisor->mutable_data<float>()) {
    int exponent = 0;
    if (!std::isnormal(x) || std::fabs(std::frexp(x, &exponent)) != 0.5F) return std::nullopt;
    x = 1.0F / x;
    if (!std::isnormal(x)) return std::nullopt;
  }
  return divisor;
}

}  // namespace

// Division by constant powers of two is multiplication, to the bit.
Result<std::string> multiply_divisions(Model& model) {
  const std::size_t changed = rewrite_graphs(model.graph, [](Rewriter& rewriter) {
    for (std::size_t i = 0; i < rewriter.size(); ++i) {
      const Node& node = rewriter.node(i);
      if (!is(node, "Div") || node.version < 7) continue;
      auto inverse = exact_inverse(rewriter.graph(), node.inputs[1]);
      if (!inverse) continue;
      const ValueId x = node.inputs[0];
      rewriter.replace(i, "Mul", {x, rewriter.constant("inverse", *std::move(inverse))});
    }
  });
  return note(changed, "made", "Div", "by powers of two a Mul");
}

}  // namespace slipway::optimize
