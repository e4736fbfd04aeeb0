#include "kernels/elementwise/unary.h"

#include <optional>

#include "compile/lower/lower.h"
#include "ops/node_view.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

std::optional<Unary> function_of(const Node& node) {
  struct Row {
    std::string_view op;
    Unary function;
  };
  static constexpr Row kRows[] = {
      {"Abs", Unary::kAbs},         {"Erf", Unary::kErf},      {"Exp", Unary::kExp},
      {"Log", Unary::kLog},         {"Neg", Unary::kNegative}, {"Relu", Unary::kRelu},
      {"Sigmoid", Unary::kSigmoid}, {"Sqrt", Unary::kSqrt},    {"Tanh", Unary::kTanh},
  };
  for (const Row& row : kRows) {
    if (row.op == node.op) return row.function;
  }
  if (node.op == "Gelu") {
    return NodeView(node, "").get_string("approximate", "none") == "tanh" ? Unary::kGeluTanh
                                                                          : Unary::kGelu;
  }
  return std::nullopt;
}

}  // namespace

Result<Lowered> lower_unary(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const std::optional<Unary> function = function_of(n);
  if (!function || !lowering.is_float(n.inputs[0])) return Lowered::kDeclined;
  const TensorIndex from = TRY(lowering.read(n.inputs[0]));
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kUnary, {from}, {to})
      .set_params(plan::UnaryParams{static_cast<std::uint32_t>(*function), 0.0F, 0.0F});
  return Lowered::kYes;
}

}  // namespace slipway::compile
