// Softmax and the normalisations.
#include <algorithm>

#include "compile/lower/lower.h"
#include "compile/lower/numbers.h"
#include "compile/lower/tail.h"
#include "kernels/conv/shape.h"
#include "ops/node_view.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

// Floats throughout, one output that anybody asks for.
bool is_simple(const Lowering& lowering, const Node& node) {
  for (const ValueId id : node.inputs) {
    if (id != kNoValue && !lowering.is_float(id)) return false;
  }
  for (std::size_t i = 1; i < node.outputs.size(); ++i) {
    if (node.outputs[i] != kNoValue && lowering.uses(node.outputs[i]) != 0) return false;
  }
  return lowering.is_float(node.outputs[0]);
}

std::int64_t count_of(const Shape& shape, std::size_t first) {
  std::int64_t count = 1;
  for (std::size_t axis = first; axis < shape.size(); ++axis) count *= shape[axis];
  return count;
}

Result<std::vector<TensorIndex>> read_all(Lowering& lowering, const Node& node) {
  std::vector<TensorIndex> inputs;
  for (const ValueId id : node.inputs) inputs.push_back(TRY(lowering.read(id)));
  return inputs;
}

// One element of the parameter for each of a row.
bool is_row(const Shape& parameter, const Shape& input, std::size_t axis) {
  const std::size_t length = input.size() - axis;
  if (parameter.size() < length || count_of(parameter, 0) != count_of(input, axis)) return false;
  return std::equal(input.begin() + static_cast<std::ptrdiff_t>(axis), input.end(),
                    parameter.end() - static_cast<std::ptrdiff_t>(length));
}

}  // namespace

Result<Lowered> lower_softmax(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  if (!lowering.is_float(n.inputs[0])) return Lowered::kDeclined;
  const NodeView view(n, describe(lowering.graph, node));
  const std::size_t rank = lowering.shape(n.inputs[0]).size();
  const bool flattens = n.version < 13;
  const std::int64_t stated = view.get_int("axis", flattens ? 1 : -1);
  // Flattening may start behind the last dimension: rows of one element.
  const std::size_t first = flattens && stated == static_cast<std::int64_t>(rank)
                                ? rank
                                : TRY(normalize_axis(view, stated, rank));
  const TensorIndex from = TRY(lowering.read(n.inputs[0]));
  const TensorIndex to = lowering.write(n.outputs[0]);
  const auto begin = static_cast<std::uint32_t>(first);
  const auto end = static_cast<std::uint32_t>(flattens ? rank : first + 1);
  if (n.op == "Hardmax") {
    lowering.add_step(node, plan::KernelId::kHardmax, {from}, {to})
        .set_params(plan::SoftmaxParams{begin, end, 0});
  } else {
    lowering.add_step(node, plan::KernelId::kSoftmax, {from}, {to})
        .set_params(plan::SoftmaxParams{begin, end, n.op == "LogSoftmax" ? 1U : 0U});
  }
  return Lowered::kYes;
}

Result<Lowered> lower_layer_norm(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, describe(lowering.graph, node));
  const Shape& shape = lowering.shape(n.inputs[0]);
  if (!is_simple(lowering, n)) return Lowered::kDeclined;
  const std::size_t axis = TRY(normalize_axis(view, view.get_int("axis", -1), shape.size()));
  for (std::size_t i = 1; i < n.inputs.size(); ++i) {
    if (n.inputs[i] != kNoValue && !is_row(lowering.shape(n.inputs[i]), shape, axis))
      return Lowered::kDeclined;
  }
  if (count_of(shape, 0) == 0) return Lowered::kDeclined;
  const std::vector<TensorIndex> inputs = TRY(read_all(lowering, n));
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kLayerNorm, inputs, {to})
      .set_params(plan::LayerNormParams{static_cast<std::uint32_t>(axis),
                                        view.get_float("epsilon", 1e-5F),
                                        n.op == "RMSNormalization" ? plan::kIsRms : 0U});
  return Lowered::kYes;
}

Result<Lowered> lower_group_norm(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  const Shape& shape = lowering.shape(n.inputs[0]);
  if (!is_simple(lowering, n) || shape.size() < 2 || count_of(shape, 0) == 0)
    return Lowered::kDeclined;
  const bool is_instance = n.op == "InstanceNormalization";
  const std::int64_t groups = is_instance ? shape[1] : view.get_int("num_groups", 0);
  const bool is_per_group = !is_instance && n.version < 21;
  const std::int64_t parameters = is_per_group ? groups : shape[1];
  if (groups < 1 || shape[1] % groups != 0 ||
      count_of(lowering.shape(n.inputs[1]), 0) != parameters ||
      count_of(lowering.shape(n.inputs[2]), 0) != parameters) {
    return Lowered::kDeclined;
  }
  const std::vector<TensorIndex> inputs = TRY(read_all(lowering, n));
  const TensorIndex to = lowering.write(n.outputs[0]);
  lowering.add_step(node, plan::KernelId::kGroupNorm, inputs, {to})
      .set_params(plan::GroupNormParams{static_cast<std::uint32_t>(groups),
                                        view.get_float("epsilon", 1e-5F), is_per_group ? 1U : 0U});
  return Lowered::kYes;
}

// The parameters of channels, as many as whole blocks have: what is added keeps zeros.
Result<std::vector<TensorIndex>> fill_blocks(Lowering& lowering, const Node& node) {
  std::vector<TensorIndex> filled;
  for (std::size_t i = 1; i < node.inputs.size(); ++i) {
    const Tensor direct = TRY(lowering.constant(node.inputs[i])->direct());
    const std::size_t whole = blocks_of(direct.size()) * kConvBlock;
    Tensor tensor = TRY(Tensor::create(DType::kFloat32, {static_cast<std::int64_t>(whole)}));
    const std::span<float> to = tensor.mutable_data<float>();
    std::ranges::fill(to, i == 4 ? 1.0F : 0.0F);  // a variance of zero is no number
    std::ranges::copy(direct.data<float>(), to.begin());
    filled.push_back(
        lowering.add_constant(lowering.graph.value(node.inputs[i]).name, std::move(tensor)));
  }
  return filled;
}

// With statistics that are given, not those of the batch.
Result<Lowered> lower_batch_norm(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  const Shape& shape = lowering.shape(n.inputs[0]);
  const bool trains = n.version >= 14 ? view.get_int("training_mode", 0) != 0
                                      : (n.outputs.size() > 1 && n.outputs[1] != kNoValue) ||
                                            (n.outputs.size() > 2 && n.outputs[2] != kNoValue);
  if (!is_simple(lowering, n) || trains || shape.empty() || count_of(shape, 0) == 0)
    return Lowered::kDeclined;
  const bool is_spatial = n.version >= 9 || view.get_int("spatial", 1) != 0;
  plan::BatchNormParams params{1, 1, view.get_float("epsilon", 1e-5F), {}};
  if (shape.size() > 1) params.end = is_spatial ? 2 : static_cast<std::uint32_t>(shape.size());
  std::int64_t channels = 1;
  for (std::size_t axis = params.axis; axis < params.end; ++axis) channels *= shape[axis];
  for (std::size_t i = 1; i < n.inputs.size(); ++i) {
    if (count_of(lowering.shape(n.inputs[i]), 0) != channels) return Lowered::kDeclined;
  }
  bool is_blocked = is_spatial && lowering.layout(n.inputs[0]) == plan::Layout::kBlocked16;
  for (std::size_t i = 1; i < n.inputs.size(); ++i)
    is_blocked = is_blocked && lowering.constant(n.inputs[i]) != nullptr;
  const plan::Layout layout = is_blocked ? plan::Layout::kBlocked16 : plan::Layout::kPlain;
  std::vector<TensorIndex> inputs;
  if (is_blocked) {
    inputs = TRY(fill_blocks(lowering, n));
    inputs.insert(inputs.begin(), TRY(lowering.read(n.inputs[0], layout)));
  } else {
    inputs = TRY(read_all(lowering, n));
  }
  const Tail tail = match_tail(lowering, n.outputs[0], {1, false, false, false});
  params.activation = tail.activation_params();
  const TensorIndex to = lowering.write(tail.output, layout);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kBatchNorm, inputs, {to});
  step.set_params(params);
  if (!tail.note.empty()) step.note = str(n.op, tail.note);
  absorb_tail(lowering, tail);
  return Lowered::kYes;
}

}  // namespace slipway::compile
