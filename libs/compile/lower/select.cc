// Comparisons of floats, and Where.
#include "compile/lower/lower.h"
#include "kernels/elementwise/binary.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

struct Row {
  std::string_view op;
  Compare function;
};

constexpr Row kRows[] = {
    {"Equal", Compare::kEqual},
    {"Greater", Compare::kGreater},
    {"GreaterOrEqual", Compare::kGreaterOrEqual},
    {"Less", Compare::kLess},
    {"LessOrEqual", Compare::kLessOrEqual},
};

}  // namespace

Result<Lowered> lower_compare(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  if (n.version < 7 || !lowering.is_float(n.inputs[0]) || !lowering.is_float(n.inputs[1]))
    return Lowered::kDeclined;
  for (const Row& row : kRows) {
    if (row.op != n.op) continue;
    const TensorIndex a = TRY(lowering.read(n.inputs[0]));
    const TensorIndex b = TRY(lowering.read(n.inputs[1]));
    const TensorIndex to = lowering.write(n.outputs[0]);
    lowering.add_step(node, plan::KernelId::kCompare, {a, b}, {to})
        .set_params(plan::CompareParams{static_cast<std::uint32_t>(row.function)});
    return Lowered::kYes;
  }
  return Lowered::kDeclined;
}

Result<Lowered> lower_where(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const DType dtype = lowering.dtype(n.outputs[0]);
  if (element_bytes(dtype) != sizeof(float) || lowering.dtype(n.inputs[1]) != dtype ||
      lowering.dtype(n.inputs[2]) != dtype) {
    return Lowered::kDeclined;
  }
  std::vector<TensorIndex> inputs;
  for (const ValueId id : n.inputs) inputs.push_back(TRY(lowering.read(id)));
  lowering.add_step(node, plan::KernelId::kWhere, inputs, {lowering.write(n.outputs[0])});
  return Lowered::kYes;
}

}  // namespace slipway::compile
