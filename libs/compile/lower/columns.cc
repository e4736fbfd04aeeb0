#include "compile/lower/columns.h"

#include <algorithm>

#include "base/str.h"
#include "compile/lower/tail.h"
#include "kernels/conv/direct.h"
#include "ops/node_view.h"

namespace slipway::compile {
namespace {

template <typename P>
void set_params(ProgramStep& step, const P& head, const std::vector<std::int64_t>& sources) {
  step.params.resize(sizeof(P) + sources.size() * sizeof(std::int32_t));
  std::memcpy(step.params.data(), &head, sizeof(P));
  std::byte* to = step.params.data() + sizeof(P);
  for (const std::int64_t source : sources) {
    const auto narrow = static_cast<std::int32_t>(source);
    std::memcpy(to, &narrow, sizeof(narrow));
    to += sizeof(narrow);
  }
}

std::uint32_t number(const NodeView& view, std::string_view name) {
  return static_cast<std::uint32_t>(view.get_int(name, 0));
}

Result<TensorIndex> pack(Lowering& lowering, const ConvShape& shape, ValueId weights) {
  const Tensor direct = TRY(lowering.constant(weights)->direct());
  Tensor packed =
      TRY(Tensor::create(DType::kFloat32, {static_cast<std::int64_t>(packed_conv_floats(shape))}));
  pack_conv(shape, direct.data<float>().data(), packed.mutable_data<float>().data());
  return lowering.add_constant(lowering.graph.value(weights).name, std::move(packed));
}

Result<TensorIndex> pad_bias(Lowering& lowering, const Tensor& bias, const std::string& name) {
  Tensor padded = TRY(Tensor::create(
      DType::kFloat32, {static_cast<std::int64_t>(blocks_of(bias.size()) * kConvBlock)}));
  const Tensor direct = TRY(bias.direct());
  std::ranges::copy(direct.data<float>(), padded.mutable_data<float>().begin());
  return lowering.add_constant(name, std::move(padded));
}

Status lower_convolve(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  const std::vector<std::int64_t>& sources = *view.get_ints("sources");
  const Shape& weights = lowering.shape(n.inputs[1]);
  ConvShape shape;
  shape.out_channels = static_cast<std::size_t>(weights[0]);
  shape.in_channels = static_cast<std::size_t>(weights[1]);
  shape.width.kernel = static_cast<std::size_t>(weights[2]);
  const bool has_bias = n.inputs[2] != kNoValue;
  const Tensor* bias = has_bias ? lowering.constant(n.inputs[2]) : nullptr;
  const Tail tail = match_tail(lowering, n.outputs[0], {2, !has_bias, true, true});
  if (bias == nullptr) bias = tail.bias;
  std::vector<TensorIndex> inputs = {
      TRY(lowering.read(n.inputs[0])), TRY(pack(lowering, shape, n.inputs[1])), kLeftOut,
      TRY(lowering.read(n.inputs[3])), TRY(lowering.read(n.inputs[4])),         kLeftOut};
  if (bias != nullptr) inputs[2] = TRY(pad_bias(lowering, *bias, str(n.name, " bias")));
  if (tail.addend != kNoValue) inputs[5] = TRY(lowering.read(tail.addend));
  const TensorIndex to = lowering.write(tail.output);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kColumns, inputs, {to});
  set_params(step,
             plan::ColumnsParams{number(view, "taps"), number(view, "ring"),
                                 tail.addend_is_last ? 1U : 0U, tail.activation_params()},
             sources);
  const auto taps = std::ranges::count_if(sources, [](auto s) { return s != plan::kNoColumn; });
  step.multiply_adds = static_cast<std::uint64_t>(lowering.shape(n.outputs[0])[0] * taps) *
                       shape.in_channels * shape.out_channels;
  step.note = str("Conv", tail.note, ", ", lowering.shape(n.outputs[0])[1], " columns");
  absorb_tail(lowering, tail);
  return {};
}

Status lower_take(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  const std::vector<TensorIndex> inputs = {TRY(lowering.read(n.inputs[0])),
                                           TRY(lowering.read(n.inputs[1])),
                                           TRY(lowering.read(n.inputs[2]))};
  const TensorIndex to = lowering.write(n.outputs[0]);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kTakeColumns, inputs, {to});
  set_params(step, plan::TakeColumnsParams{number(view, "ring")}, *view.get_ints("sources"));
  step.note = "columns of the window";
  return {};
}

Status lower_push(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const NodeView view(n, "");
  const TensorIndex from = TRY(lowering.read(n.inputs[0]));
  const std::vector<TensorIndex> to = {TRY(lowering.read(n.inputs[1])),
                                       TRY(lowering.read(n.inputs[2]))};
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kPushColumns, {from}, to);
  step.set_params(
      plan::PushColumnsParams{number(view, "ring"), number(view, "first"), number(view, "count")});
  step.note = str(lowering.shape(n.inputs[1])[1], " columns are kept");
  return {};
}

}  // namespace

Status lower_columns(Lowering& lowering, std::size_t node) {
  const std::string& op = lowering.graph.nodes[node].op;
  if (op == "Convolve") return lower_convolve(lowering, node);
  return op == "Take" ? lower_take(lowering, node) : lower_push(lowering, node);
}

}  // namespace slipway::compile
