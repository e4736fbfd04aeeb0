// Doubles: what is one operation of the processor.
#include "kernels/elementwise/doubles.h"

#include <optional>

#include "compile/lower/lower.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

struct Row {
  std::string_view op;
  Double function;
  std::size_t operands = 2;
  std::optional<double> first = {};  // in place of an operand
};
constexpr Row kRows[] = {
    {"Abs", Double::kAbs, 1},       {"Add", Double::kAdd},
    {"Ceil", Double::kCeil, 1},     {"Div", Double::kDiv},
    {"Floor", Double::kFloor, 1},   {"Max", Double::kMax},
    {"Min", Double::kMin},          {"Mul", Double::kMul},
    {"Neg", Double::kSub, 1, -0.0}, {"Reciprocal", Double::kDiv, 1, 1.0},
    {"Relu", Double::kRelu, 1},     {"Round", Double::kRound, 1},
    {"Sign", Double::kSign, 1},     {"Sqrt", Double::kSqrt, 1},
    {"Sub", Double::kSub},          {"Sum", Double::kAdd},
};

}  // namespace

Result<Lowered> lower_doubles(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  if (!n.domain.empty() || n.version < 6 || n.outputs.size() != 1 ||
      lowering.dtype(n.outputs[0]) != DType::kFloat64) {
    return Lowered::kDeclined;
  }
  for (const Row& row : kRows) {
    if (row.op != n.op) continue;
    if (row.operands != n.inputs.size() || (row.operands == 2 && n.version < 7)) break;
    const TensorIndex last = TRY(lowering.read(n.inputs.back()));
    const TensorIndex first = row.first ? lowering.add_constant("first", Tensor::scalar(*row.first))
                                        : TRY(lowering.read(n.inputs[0]));
    lowering.add_step(node, plan::KernelId::kDoubles, {first, last}, {lowering.write(n.outputs[0])})
        .set_params(plan::DoublesParams{static_cast<std::uint32_t>(row.function)});
    return Lowered::kYes;
  }
  return Lowered::kDeclined;
}

}  // namespace slipway::compile
