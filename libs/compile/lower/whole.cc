// Whole numbers: Add, Sub, Mul, Div, Mod, Max, Min, Clip, Neg, Abs and Sign of them, and
// LabelEncoder; of doubles what is one operation of the processor.
#include "kernels/elementwise/whole.h"

#include <algorithm>
#include <map>
#include <optional>

#include "compile/lower/lower.h"
#include "compile/lower/numbers.h"
#include "kernels/elementwise/doubles.h"
#include "ops/node_view.h"
#include "plan/params.h"
#include "runtime/elements.h"

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

struct PairRow {
  std::string_view op;
  Whole function;
};
constexpr PairRow kPairRows[] = {{"Add", Whole::kAdd},
                                 {"Max", Whole::kMax},
                                 {"Min", Whole::kMin},
                                 {"Mul", Whole::kMul},
                                 {"Sub", Whole::kSub}};

void add_pair(Lowering& lowering, std::size_t node, plan::KernelId kernel, std::uint32_t function,
              TensorIndex a, TensorIndex b, TensorIndex to) {
  lowering.add_step(node, kernel, {a, b}, {to}).set_params(plan::WholeParams{function});
}

void add_whole(Lowering& lowering, std::size_t node, Whole function, TensorIndex a, TensorIndex b,
               TensorIndex to) {
  add_pair(lowering, node, plan::KernelId::kWhole, static_cast<std::uint32_t>(function), a, b, to);
}

struct DoubleRow {
  std::string_view op;
  Double function;
  std::size_t operands = 2;
  std::optional<double> first = {};  // in place of an operand
};
constexpr DoubleRow kDoubleRows[] = {
    {"Abs", Double::kAbs, 1},       {"Add", Double::kAdd},
    {"Div", Double::kDiv},          {"Max", Double::kMax},
    {"Min", Double::kMin},          {"Mul", Double::kMul},
    {"Neg", Double::kSub, 1, -0.0}, {"Reciprocal", Double::kDiv, 1, 1.0},
    {"Sign", Double::kSign, 1},     {"Sqrt", Double::kSqrt, 1},
    {"Sub", Double::kSub},          {"Sum", Double::kAdd},
};

TensorIndex add_between(Lowering& lowering, ValueId like) {
  return lowering.add_temporary("between", lowering.dtype(like), lowering.shape(like));
}

// The greater of x and the least, then the lesser of that and the greatest.
Result<Lowered> clip(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const bool has_least = has_input(n, 1);
  const bool has_greatest = has_input(n, 2);
  if (!has_least && !has_greatest) return Lowered::kDeclined;
  TensorIndex x = TRY(lowering.read(n.inputs[0]));
  if (has_least) {
    const TensorIndex least = TRY(lowering.read(n.inputs[1]));
    const TensorIndex to =
        has_greatest ? add_between(lowering, n.outputs[0]) : lowering.write(n.outputs[0]);
    add_whole(lowering, node, Whole::kMax, x, least, to);
    x = to;
  }
  if (has_greatest) {
    const TensorIndex greatest = TRY(lowering.read(n.inputs[2]));
    add_whole(lowering, node, Whole::kMin, x, greatest, lowering.write(n.outputs[0]));
  }
  return Lowered::kYes;
}

// 0 - x
Result<Lowered> negate(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const TensorIndex x = TRY(lowering.read(n.inputs[0]));
  const TensorIndex zero =
      lowering.add_constant("zero", TRY(Tensor::create(lowering.dtype(n.inputs[0]), {})));
  add_whole(lowering, node, Whole::kSub, zero, x, lowering.write(n.outputs[0]));
  return Lowered::kYes;
}

Result<Lowered> of_one(Lowering& lowering, std::size_t node, Whole function) {
  const Node& n = lowering.graph.nodes[node];
  const TensorIndex x = TRY(lowering.read(n.inputs[0]));
  add_whole(lowering, node, function, x, x, lowering.write(n.outputs[0]));
  return Lowered::kYes;
}

// By constants without zeros: the reference says which other numbers are zeros.
Result<Lowered> divide(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const auto divisors = ints_of(lowering, n.inputs[1]);
  if (!divisors || std::ranges::count(*divisors, 0) != 0) return Lowered::kDeclined;
  const bool is_truncated = NodeView(n, "").get_flag("fmod", false);
  const Whole function = n.op == "Div"  ? Whole::kDiv
                         : is_truncated ? Whole::kRemainder
                                        : Whole::kModulo;
  const TensorIndex a = TRY(lowering.read(n.inputs[0]));
  const TensorIndex b = TRY(lowering.read(n.inputs[1]));
  add_whole(lowering, node, function, a, b, lowering.write(n.outputs[0]));
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

namespace {

Result<Lowered> lower_doubles(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  for (const DoubleRow& row : kDoubleRows) {
    if (row.op != n.op || row.operands != n.inputs.size()) continue;
    const TensorIndex last = TRY(lowering.read(n.inputs.back()));
    const TensorIndex first = row.first ? lowering.add_constant("first", Tensor::scalar(*row.first))
                                        : TRY(lowering.read(n.inputs[0]));
    add_pair(lowering, node, plan::KernelId::kDoubles, static_cast<std::uint32_t>(row.function),
             first, last, lowering.write(n.outputs[0]));
    return Lowered::kYes;
  }
  return Lowered::kDeclined;
}

}  // namespace

Result<Lowered> lower_whole(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const DType dtype = n.outputs.empty() ? DType::kFloat32 : lowering.dtype(n.outputs[0]);
  const auto element = runtime::element_of(dtype);
  if (!n.domain.empty() || n.version < 7) return Lowered::kDeclined;
  if (dtype == DType::kFloat64) return lower_doubles(lowering, node);
  if (!element || whole_elements(Isa::kScalar, Whole::kAdd, *element) == nullptr) {
    return Lowered::kDeclined;
  }
  if (n.inputs.size() == 2) {
    for (const PairRow& row : kPairRows) {
      if (row.op != n.op) continue;
      const TensorIndex a = TRY(lowering.read(n.inputs[0]));
      const TensorIndex b = TRY(lowering.read(n.inputs[1]));
      add_whole(lowering, node, row.function, a, b, lowering.write(n.outputs[0]));
      return Lowered::kYes;
    }
  }
  if (n.op == "Clip") return clip(lowering, node);
  if (n.op == "Neg" && dtype != DType::kUint8) return negate(lowering, node);
  if (n.op == "Abs") return of_one(lowering, node, Whole::kAbs);
  if (n.op == "Sign") return of_one(lowering, node, Whole::kSign);
  const bool is_wide = dtype == DType::kInt32 || dtype == DType::kInt64;
  if ((n.op == "Div" || n.op == "Mod") && is_wide) return divide(lowering, node);
  return Lowered::kDeclined;
}

}  // namespace slipway::compile
