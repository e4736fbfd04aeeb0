#include "kernels/gemm/gemm.h"

#include <algorithm>

#include "base/str.h"
#include "compile/lower/lower.h"
#include "compile/lower/tail.h"
#include "compile/store_weights.h"
#include "kernels/numeric/dot.h"
#include "ops/node_view.h"

namespace slipway::compile {
namespace {

struct Weights {
  TensorIndex packed;
  std::uint32_t n, k, chains, abreast;
  WeightType type;
};

// A constant [k, n], or [n, k] where it is transposed, in the type it fits, for a product of so
// many rows.
Result<Weights> pack(Lowering& lowering, ValueId id, bool is_transposed, WeightType type,
                     std::size_t row_count) {
  Tensor tensor = TRY(lowering.constant(id)->direct());
  std::optional<Tensor> narrow = TRY(narrow_exactly(tensor, type));
  if (!narrow) type = WeightType::kF32;
  if (narrow) tensor = *std::move(narrow);
  const auto rows = static_cast<std::size_t>(tensor.dim(0));
  const auto columns =
      tensor.rank() == 1 ? std::size_t{1} : static_cast<std::size_t>(tensor.dim(1));
  const std::size_t k = is_transposed ? columns : rows;
  const std::size_t n = is_transposed ? rows : columns;
  const std::size_t chains = numeric::chain_count(n, k);
  const std::size_t bytes = packed_bytes(type, n, k, chains);
  Tensor packed = TRY(Tensor::create(DType::kUint8, {static_cast<std::int64_t>(bytes)}));
  const std::size_t abreast = row_count == 1 && !lanes_are_chains(n, chains) ? kPanelsAbreast : 1;
  const auto across = static_cast<std::ptrdiff_t>(columns);
  pack_b(type, tensor.bytes().data(), is_transposed ? 1 : across, is_transposed ? across : 1, n, k,
         chains, packed.mutable_bytes().data(), abreast);
  return Weights{lowering.add_constant(lowering.graph.value(id).name, std::move(packed)),
                 static_cast<std::uint32_t>(n),
                 static_cast<std::uint32_t>(k),
                 static_cast<std::uint32_t>(chains),
                 static_cast<std::uint32_t>(abreast),
                 type};
}

// The product times a constant for each of its columns, where that is all that is done with it.
struct Scale {
  std::size_t node;
  const Tensor* factors;
};
std::optional<Scale> match_scale(const Lowering& lowering, ValueId product) {
  const auto user = lowering.only_user(product);
  if (!user || lowering.is_done(*user)) return std::nullopt;
  const Node& n = lowering.graph.nodes[*user];
  if (n.op != "Mul" || !n.domain.empty()) return std::nullopt;
  const Tensor* const factors = lowering.constant(n.inputs[n.inputs[0] == product ? 1 : 0]);
  if (factors == nullptr || factors->dtype() != DType::kFloat32 || factors->rank() != 1 ||
      factors->dim(0) != lowering.shape(product).back()) {
    return std::nullopt;
  }
  return Scale{*user, factors};
}

// A vector, which only MatMul takes, is a matrix of one column.
bool is_matrix(const Lowering& lowering, ValueId id) {
  const Tensor* const tensor = lowering.constant(id);
  return tensor != nullptr && tensor->dtype() == DType::kFloat32 &&
         (tensor->rank() == 1 || tensor->rank() == 2) && tensor->size() != 0;
}

Result<Lowered> lower_product(Lowering& lowering, std::size_t node, bool is_transposed,
                              const Tensor* bias) {
  const Node& n = lowering.graph.nodes[node];
  ValueId value = n.outputs[0];
  // A vector on the right leaves no axis of columns, and no tail along one.
  const bool is_vector = lowering.constant(n.inputs[1])->rank() == 1;
  const std::size_t last_axis = lowering.shape(value).size() - (is_vector ? 0 : 1);
  const Shape& output = lowering.shape(value);
  std::size_t row_count = 1;
  for (std::size_t i = 0; i < last_axis; ++i) row_count *= static_cast<std::size_t>(output[i]);
  WeightType type = lowering.weights;
  std::optional<Scale> scale;
  if (type == WeightType::kI8) {
    if (bias == nullptr && !is_vector) scale = match_scale(lowering, value);
    if (!scale) type = WeightType::kF32;
  }
  const Weights weights = TRY(pack(lowering, n.inputs[1], is_transposed, type, row_count));
  if (weights.type != WeightType::kI8) scale.reset();
  std::vector<TensorIndex> inputs = {TRY(lowering.read(n.inputs[0])), weights.packed, kLeftOut,
                                     kLeftOut, kLeftOut};
  if (scale) {
    inputs[4] = lowering.add_constant(str(n.name, " scale"), TRY(scale->factors->direct()));
    value = lowering.graph.nodes[scale->node].outputs[0];
    lowering.absorb(scale->node);
  }
  Tail tail{.output = value};
  if (!is_vector)
    tail = match_tail(lowering, value, {last_axis, bias == nullptr, /*takes_addend=*/true});
  if (bias == nullptr) bias = tail.bias;
  if (bias != nullptr) inputs[2] = lowering.add_constant(str(n.name, " bias"), TRY(bias->direct()));
  if (tail.addend != kNoValue) inputs[3] = TRY(lowering.read(tail.addend));
  const TensorIndex to = lowering.write(tail.output);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kGemm, inputs, {to});
  step.set_params(plan::GemmParams{weights.n, weights.k, weights.chains,
                                   static_cast<std::uint32_t>(weights.type), weights.abreast,
                                   tail.activation_params()});
  step.note = str(n.op, tail.note, weights_note(weights.type));
  absorb_tail(lowering, tail);
  return Lowered::kYes;
}

// A product of two tensors that a run computes.
Result<Lowered> lower_batched(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Shape& a = lowering.shape(n.inputs[0]);
  const Shape& b = lowering.shape(n.inputs[1]);
  if (a.size() < 2 || b.size() < 2 || lowering.shape(n.outputs[0]).size() > 8 ||
      std::ranges::count(a, 0) + std::ranges::count(b, 0) != 0) {
    return Lowered::kDeclined;
  }
  const Tail tail = match_tail(lowering, n.outputs[0], {0, false, false});
  const std::size_t chains =
      numeric::chain_count(static_cast<std::size_t>(b.back()), static_cast<std::size_t>(a.back()));
  const TensorIndex left = TRY(lowering.read(n.inputs[0]));
  const TensorIndex right = TRY(lowering.read(n.inputs[1]));
  const TensorIndex to = lowering.write(tail.output);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kMatMul, {left, right}, {to});
  step.set_params(plan::MatMulParams{static_cast<std::uint32_t>(chains), tail.activation_params()});
  step.note = str("MatMul", tail.note);
  absorb_tail(lowering, tail);
  return Lowered::kYes;
}

}  // namespace

Result<Lowered> lower_matmul(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const bool is_double = lowering.dtype(n.outputs[0]) == DType::kFloat64;
  if (is_double || (lowering.is_float(n.inputs[0]) && !is_matrix(lowering, n.inputs[1])))
    return lower_batched(lowering, node);
  if (!lowering.is_float(n.inputs[0]) || !is_matrix(lowering, n.inputs[1]) ||
      lowering.shape(n.inputs[0]).empty() || lowering.shape(n.outputs[0]).empty()) {
    return Lowered::kDeclined;
  }
  return lower_product(lowering, node, /*is_transposed=*/false, nullptr);
}

Result<Lowered> lower_gemm(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  if (!lowering.is_float(n.inputs[0]) || !is_matrix(lowering, n.inputs[1]) ||
      lowering.shape(n.inputs[1]).size() != 2 || view.get_flag("transA", false) ||
      view.get_float("alpha", 1.0F) != 1.0F || n.version < 7 ||
      lowering.shape(n.inputs[0]).size() != 2) {
    return Lowered::kDeclined;
  }
  const Tensor* bias = nullptr;
  if (n.inputs.size() > 2 && n.inputs[2] != kNoValue) {
    bias = lowering.constant(n.inputs[2]);
    const std::int64_t columns = lowering.shape(n.outputs[0])[1];
    if (bias == nullptr || view.get_float("beta", 1.0F) != 1.0F ||
        static_cast<std::int64_t>(bias->size()) != columns || bias->rank() == 0 ||
        bias->shape().back() != columns) {
      return Lowered::kDeclined;
    }
  }
  return lower_product(lowering, node, view.get_flag("transB", false), bias);
}

}  // namespace slipway::compile
