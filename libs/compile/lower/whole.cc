// Whole numbers: Add, Sub and Mul of int64, and LabelEncoder of them.
#include <map>

#include "compile/lower/lower.h"
#include "ops/node_view.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

template <typename T>
const std::vector<T>* values_of(const NodeView& view);
template <>
const std::vector<float>* values_of<float>(const NodeView& view) {
  return view.get_floats("values_floats");
}
template <>
const std::vector<std::int64_t>* values_of<std::int64_t>(const NodeView& view) {
  return view.get_ints("values_int64s");
}

template <typename T>
Result<Lowered> look_up(Lowering& lowering, std::size_t node, T otherwise) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  const std::vector<std::int64_t>* const keys = view.get_ints("keys_int64s");
  const std::vector<T>* const values = values_of<T>(view);
  if (keys == nullptr || values == nullptr || keys->empty() || keys->size() != values->size())
    return Lowered::kDeclined;
  std::map<std::int64_t, T> table;  // of equal keys the last counts
  for (std::size_t i = 0; i < keys->size(); ++i) table[(*keys)[i]] = (*values)[i];
  std::vector<std::int64_t> sorted;
  std::vector<T> found;
  for (const auto& [key, value] : table) {
    sorted.push_back(key);
    found.push_back(value);
  }
  const std::vector<TensorIndex> inputs = {
      TRY(lowering.read(n.inputs[0])), lowering.add_constant("keys", Tensor::of(sorted)),
      lowering.add_constant("values", Tensor::of(found)),
      lowering.add_constant("otherwise", Tensor::of(std::vector<T>{otherwise}))};
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kLookUp, inputs, {to});
  return Lowered::kYes;
}

}  // namespace

Result<Lowered> lower_label_encoder(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  if (n.version < 2 || lowering.dtype(n.inputs[0]) != DType::kInt64 ||
      view.get_tensor("keys_tensor") != nullptr || view.get_tensor("values_tensor") != nullptr ||
      view.get_tensor("default_tensor") != nullptr) {
    return Lowered::kDeclined;
  }
  if (lowering.is_float(n.outputs[0]))
    return look_up<float>(lowering, node, view.get_float("default_float", -0.0F));
  if (lowering.dtype(n.outputs[0]) == DType::kInt64)
    return look_up<std::int64_t>(lowering, node, view.get_int("default_int64", -1));
  return Lowered::kDeclined;
}

Result<Lowered> lower_whole(Lowering& lowering, std::size_t node) {
  struct Row {
    std::string_view op;
    plan::WholeFunction function;
  };
  constexpr Row kRows[] = {{"Add", plan::WholeFunction::kAdd},
                           {"Mul", plan::WholeFunction::kMul},
                           {"Sub", plan::WholeFunction::kSub}};
  const Node& n = lowering.graph.nodes[node];
  for (const Row& row : kRows) {
    if (row.op != n.op || !n.domain.empty() || n.version < 7 ||
        lowering.dtype(n.outputs[0]) != DType::kInt64) {
      continue;
    }
    const TensorIndex a = TRY(lowering.read(n.inputs[0]));
    const TensorIndex b = TRY(lowering.read(n.inputs[1]));
    const TensorIndex to = lowering.write(n.outputs[0]);
    lowering.add_step(node, plan::KernelId::kWhole, {a, b}, {to})
        .set_params(plan::WholeParams{static_cast<std::uint32_t>(row.function)});
    return Lowered::kYes;
  }
  return Lowered::kDeclined;
}

}  // namespace slipway::compile
