// Comparisons, logic of bools, and Where.
#include "kernels/elementwise/select.h"

#include "compile/lower/lower.h"
#include "kernels/elementwise/compare.h"
#include "plan/params.h"
#include "runtime/elements.h"

namespace slipway::compile {
namespace {

struct CompareRow {
  std::string_view op;
  Compare function;
};

constexpr CompareRow kCompareRows[] = {
    {"Equal", Compare::kEqual},
    {"Greater", Compare::kGreater},
    {"GreaterOrEqual", Compare::kGreaterOrEqual},
    {"Less", Compare::kLess},
    {"LessOrEqual", Compare::kLessOrEqual},
};

struct LogicRow {
  std::string_view op;
  Logic function;
};

constexpr LogicRow kLogicRows[] = {
    {"And", Logic::kAnd},
    {"Or", Logic::kOr},
    {"Xor", Logic::kXor},
};

template <typename Params>
Result<Lowered> add_pair(Lowering& lowering, std::size_t node, plan::KernelId kernel,
                         Params params) {
  const Node& n = lowering.graph.nodes[node];
  const TensorIndex a = TRY(lowering.read(n.inputs[0]));
  const TensorIndex b = TRY(lowering.read(n.inputs[1]));
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, kernel, {a, b}, {to}).set_params(params);
  return Lowered::kYes;
}

}  // namespace

Result<Lowered> lower_compare(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const DType dtype = lowering.dtype(n.inputs[0]);
  const auto element = runtime::element_of(dtype);
  if (n.version < 7 || !element || lowering.dtype(n.inputs[1]) != dtype) return Lowered::kDeclined;
  for (const CompareRow& row : kCompareRows) {
    if (row.op != n.op) continue;
    if (compare_elements(Isa::kScalar, row.function, *element) == nullptr)
      return Lowered::kDeclined;
    return add_pair(lowering, node, plan::KernelId::kCompare,
                    plan::CompareParams{static_cast<std::uint32_t>(row.function)});
  }
  return Lowered::kDeclined;
}

Result<Lowered> lower_logic(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  for (const LogicRow& row : kLogicRows) {
    if (row.op != n.op || n.version < 7) continue;
    return add_pair(lowering, node, plan::KernelId::kLogic,
                    plan::LogicParams{static_cast<std::uint32_t>(row.function)});
  }
  return Lowered::kDeclined;
}

// A NaN alone differs from itself: (x == x) == false.
Result<Lowered> lower_is_nan(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  if (lowering.dtype(n.inputs[0]) != DType::kFloat32) return Lowered::kDeclined;
  const TensorIndex x = TRY(lowering.read(n.inputs[0]));
  const TensorIndex no = lowering.add_constant("false", TRY(Tensor::create(DType::kBool, {})));
  const TensorIndex same =
      lowering.add_temporary("same", DType::kBool, lowering.shape(n.inputs[0]));
  const plan::CompareParams equal{static_cast<std::uint32_t>(Compare::kEqual)};
  lowering.add_step(node, plan::KernelId::kCompare, {x, x}, {same}).set_params(equal);
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kCompare, {same, no}, {to}).set_params(equal);
  return Lowered::kYes;
}

// Not x is x == false.
Result<Lowered> lower_not(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const TensorIndex x = TRY(lowering.read(n.inputs[0]));
  const TensorIndex no = lowering.add_constant("false", TRY(Tensor::create(DType::kBool, {})));
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kCompare, {x, no}, {to})
      .set_params(plan::CompareParams{static_cast<std::uint32_t>(Compare::kEqual)});
  return Lowered::kYes;
}

Result<Lowered> lower_where(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const DType dtype = lowering.dtype(n.outputs[0]);
  if (choose_elements(element_bytes(dtype)) == nullptr || lowering.dtype(n.inputs[1]) != dtype ||
      lowering.dtype(n.inputs[2]) != dtype) {
    return Lowered::kDeclined;
  }
  std::vector<TensorIndex> inputs;
  for (const ValueId id : n.inputs) inputs.push_back(TRY(lowering.read(id)));
  lowering.add_step(node, plan::KernelId::kWhere, inputs, {lowering.write(n.outputs[0])});
  return Lowered::kYes;
}

}  // namespace slipway::compile
