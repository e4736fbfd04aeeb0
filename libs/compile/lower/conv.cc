#include <algorithm>

#include "base/str.h"
#include "compile/lower/lower.h"
#include "compile/lower/tail.h"
#include "kernels/conv/depthwise.h"
#include "kernels/conv/direct.h"
#include "ops/nn/convolution.h"
#include "ops/node_view.h"

namespace slipway::compile {
namespace {

using plan::ConvKind;
using plan::Layout;

// The kernel's shape, where there is a kernel for this convolution.
struct Choice {
  ConvKind kind = ConvKind::kBlocked;
  ConvShape shape;
  plan::ConvParams params{};
};

std::optional<Choice> choose(const Lowering& lowering, ValueId x, const Convolution& c) {
  if (c.axes.empty() || c.axes.size() > 3) return std::nullopt;
  Choice choice;
  ConvShape& shape = choice.shape;
  shape.batch = static_cast<std::size_t>(c.batch);
  shape.groups = static_cast<std::size_t>(c.groups);
  shape.in_channels = static_cast<std::size_t>(c.in_channels);
  shape.out_channels = static_cast<std::size_t>(c.out_channels);
  ConvAxis* const axes[3] = {&shape.depth, &shape.height, &shape.width};
  for (std::size_t i = 0; i < c.axes.size(); ++i) {
    const WindowAxis& from = c.axes[i];
    *axes[3 - c.axes.size() + i] = {
        static_cast<std::size_t>(from.input),    static_cast<std::size_t>(from.output),
        static_cast<std::size_t>(from.kernel),   static_cast<std::size_t>(from.stride),
        static_cast<std::size_t>(from.dilation), from.pad_begin};
    choice.params.axes[i] = {
        static_cast<std::uint32_t>(from.kernel), static_cast<std::uint32_t>(from.stride),
        static_cast<std::uint32_t>(from.dilation), static_cast<std::int32_t>(from.pad_begin)};
  }
  const bool fills_blocks = c.in_channels % 16 == 0 && c.out_channels % 16 == 0;
  if (c.groups > 1 && c.in_channels == 1 && c.out_channels == 1) {
    choice.kind = ConvKind::kDepthwise;
  } else if (c.groups == 1 && c.in_channels < 16 && lowering.layout(x) == Layout::kPlain) {
    choice.kind = ConvKind::kPlain;
  } else if (c.groups != 1 && !fills_blocks) {
    return std::nullopt;
  }
  choice.params.kind = static_cast<std::uint32_t>(choice.kind);
  choice.params.groups = static_cast<std::uint32_t>(c.groups);
  return choice;
}

Result<TensorIndex> pack(Lowering& lowering, const Tensor& weights, const std::string& name,
                         const Choice& choice) {
  const bool is_depthwise = choice.kind == ConvKind::kDepthwise;
  const std::size_t floats =
      is_depthwise ? packed_depthwise_floats(choice.shape) : packed_conv_floats(choice.shape);
  Tensor packed = TRY(Tensor::create(DType::kFloat32, {static_cast<std::int64_t>(floats)}));
  (is_depthwise ? pack_depthwise : pack_conv)(choice.shape, weights.data<float>().data(),
                                              packed.mutable_data<float>().data());
  return lowering.add_constant(name, std::move(packed));
}

Result<TensorIndex> pad_bias(Lowering& lowering, const Tensor& bias, const std::string& name) {
  const auto whole = static_cast<std::int64_t>((bias.size() + 15) / 16 * 16);
  Tensor padded = TRY(Tensor::create(DType::kFloat32, {whole}));
  const Tensor direct = TRY(bias.direct());
  std::ranges::copy(direct.data<float>(), padded.mutable_data<float>().begin());
  return lowering.add_constant(name, std::move(padded));
}

}  // namespace

Result<Lowered> lower_conv(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Tensor* const constant = lowering.constant(n.inputs[1]);
  const bool has_bias = n.inputs.size() > 2 && n.inputs[2] != kNoValue;
  const Tensor* bias = has_bias ? lowering.constant(n.inputs[2]) : nullptr;
  if (!lowering.is_float(n.inputs[0]) || constant == nullptr || (has_bias && bias == nullptr))
    return Lowered::kDeclined;
  const NodeView view(n, describe(lowering.graph, node));
  const Convolution c = TRY(plan_convolution(view, lowering.shape(n.inputs[0]), constant->shape()));
  auto choice = choose(lowering, n.inputs[0], c);
  if (!choice || element_count(c.output_shape).value() == 0 ||
      element_count(lowering.shape(n.inputs[0])).value() == 0) {
    return Lowered::kDeclined;
  }
  Tail tail = match_tail(lowering, n.outputs[0], {1, !has_bias, true, true});
  if (bias == nullptr) bias = tail.bias;
  const Tensor weights = TRY(constant->direct());
  std::vector<TensorIndex> inputs = {
      TRY(lowering.read(n.inputs[0],
                        choice->kind == ConvKind::kPlain ? Layout::kPlain : Layout::kBlocked16)),
      TRY(pack(lowering, weights, lowering.graph.value(n.inputs[1]).name, *choice)), kLeftOut,
      kLeftOut};
  if (bias != nullptr) inputs[2] = TRY(pad_bias(lowering, *bias, str(n.name, " bias")));
  if (tail.addend != kNoValue) inputs[3] = TRY(lowering.read(tail.addend, Layout::kBlocked16));
  const TensorIndex to = lowering.write(tail.output, Layout::kBlocked16);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kConv, inputs, {to});
  choice->params.activation = tail.activation_params();
  choice->params.residual_is_last = tail.addend_is_last ? 1 : 0;
  step.set_params(choice->params);
  constexpr const char* kKinds[] = {"direct", "first layer", "depthwise"};
  step.note = str("Conv", tail.note, ", ", kKinds[choice->params.kind]);
  absorb_tail(lowering, tail);
  return Lowered::kYes;
}

}  // namespace slipway::compile
