#include <algorithm>

#include "base/str.h"
#include "compile/lower/lower.h"
#include "compile/lower/tail.h"
#include "kernels/conv/depthwise.h"
#include "kernels/conv/direct.h"
#include "kernels/conv/grouped.h"
#include "kernels/conv/transposed.h"
#include "ops/nn/convolution.h"
#include "ops/node_view.h"

namespace slipway::compile {
namespace {

using plan::ConvKind;
using plan::Layout;

// The kernel for a convolution, and its shape.
struct Choice {
  ConvKind kind = ConvKind::kBlocked;
  ConvShape shape;
  plan::ConvParams params{};

  bool is_transposed() const {
    return kind == ConvKind::kTransposed || kind == ConvKind::kTransposedApart;
  }
  bool is_apart() const { return kind == ConvKind::kApart || kind == ConvKind::kTransposedApart; }
};

constexpr const char* kKinds[] = {"direct",
                                  "first layer",
                                  "depthwise",
                                  "in groups",
                                  "transposed",
                                  "each group in blocks of its own",
                                  "transposed, each group in blocks of its own"};
static_assert(std::size(kKinds) == static_cast<std::size_t>(ConvKind::kCount));

ConvKind kind_of(const ConvShape& shape, bool is_transposed, Layout layout) {
  const bool fills_in = shape.in_channels % kConvBlock == 0;
  const bool fills_out = shape.out_channels % kConvBlock == 0;
  const bool fills = shape.groups == 1 || (fills_in && fills_out);
  if (is_transposed) return fills ? ConvKind::kTransposed : ConvKind::kTransposedApart;
  if (shape.groups > 1 && shape.in_channels == 1 && shape.out_channels == 1)
    return ConvKind::kDepthwise;
  if (shape.groups > 1 && is_grouped(shape)) return ConvKind::kGrouped;
  if (shape.in_channels < kConvBlock && layout == Layout::kPlain &&
      (shape.groups == 1 || fills_out)) {
    return ConvKind::kPlain;
  }
  return fills ? ConvKind::kBlocked : ConvKind::kApart;
}

Choice choose(const Lowering& lowering, ValueId x, const Convolution& c, bool is_transposed) {
  Choice choice;
  ConvShape& shape = choice.shape;
  shape.batch = static_cast<std::size_t>(c.batch);
  shape.groups = static_cast<std::size_t>(c.groups);
  shape.in_channels = static_cast<std::size_t>(c.in_channels);
  shape.out_channels = static_cast<std::size_t>(c.out_channels);
  ConvAxis* const axes[3] = {&shape.depth, &shape.height, &shape.width};
  for (std::size_t i = 0; i < c.axes.size(); ++i) {
    WindowAxis from = c.axes[i];
    if (is_transposed) std::swap(from.input, from.output);
    *axes[3 - c.axes.size() + i] = {
        static_cast<std::size_t>(from.input),    static_cast<std::size_t>(from.output),
        static_cast<std::size_t>(from.kernel),   static_cast<std::size_t>(from.stride),
        static_cast<std::size_t>(from.dilation), from.pad_begin};
    choice.params.axes[i] = {
        static_cast<std::uint32_t>(from.kernel), static_cast<std::uint32_t>(from.stride),
        static_cast<std::uint32_t>(from.dilation), static_cast<std::int32_t>(from.pad_begin)};
  }
  choice.kind = kind_of(shape, is_transposed, lowering.layout(x));
  choice.params.kind = static_cast<std::uint32_t>(choice.kind);
  choice.params.groups = static_cast<std::uint32_t>(c.groups);
  return choice;
}

struct Packing {
  std::size_t (*floats)(const ConvShape& shape);
  void (*pack)(const ConvShape& shape, const float* weights, float* packed);
};

Packing packing_of(const Choice& choice) {
  if (choice.kind == ConvKind::kDepthwise) return {packed_depthwise_floats, pack_depthwise};
  if (choice.kind == ConvKind::kGrouped) return {packed_grouped_floats, pack_grouped};
  return {packed_conv_floats, choice.is_transposed() ? pack_transposed : pack_conv};
}

Result<TensorIndex> pack(Lowering& lowering, const Tensor& weights, const std::string& name,
                         const Choice& choice) {
  const Packing packing = packing_of(choice);
  const auto floats = static_cast<std::int64_t>(packing.floats(choice.shape));
  Tensor packed = TRY(Tensor::create(DType::kFloat32, {floats}));
  packing.pack(choice.shape, weights.data<float>().data(), packed.mutable_data<float>().data());
  return lowering.add_constant(name, std::move(packed));
}

// In whole blocks: of all channels, or of each group's.
Result<TensorIndex> pad_bias(Lowering& lowering, const Tensor& bias, const std::string& name,
                             const Choice& choice) {
  const std::size_t groups = choice.is_apart() ? choice.shape.groups : 1;
  const std::size_t channels = bias.size() / groups;
  const std::size_t whole = blocks_of(channels) * kConvBlock;
  Tensor padded = TRY(Tensor::create(DType::kFloat32, {static_cast<std::int64_t>(groups * whole)}));
  const Tensor direct = TRY(bias.direct());
  for (std::size_t g = 0; g < groups; ++g) {
    std::copy_n(direct.data<float>().data() + g * channels, channels,
                padded.mutable_data<float>().data() + g * whole);
  }
  return lowering.add_constant(name, std::move(padded));
}

// [batch * groups, channels of a group, ...]
Shape apart(Shape shape, std::size_t groups) {
  shape[0] *= static_cast<std::int64_t>(groups);
  shape[1] /= static_cast<std::int64_t>(groups);
  return shape;
}

void add_relayout(Lowering& lowering, std::size_t node, TensorIndex from, TensorIndex to,
                  const char* note) {
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kRelayout, {from}, {to});
  step.multiply_adds = 0;
  step.note = note;
}

Result<TensorIndex> read_input(Lowering& lowering, std::size_t node, ValueId x,
                               const Choice& choice) {
  if (choice.kind == ConvKind::kPlain) return lowering.read(x);
  if (!choice.is_apart()) return lowering.read(x, Layout::kBlocked16);
  const Shape shape = apart(lowering.shape(x), choice.shape.groups);
  const TensorIndex plain = lowering.view(TRY(lowering.read(x)), shape);
  const TensorIndex blocks = lowering.add_temporary(lowering.graph.value(x).name, DType::kFloat32,
                                                    shape, Layout::kBlocked16);
  add_relayout(lowering, node, plain, blocks, "plain to blocked, by group");
  return blocks;
}

void add_conv(Lowering& lowering, std::size_t node, const std::vector<TensorIndex>& inputs,
              const Tail& tail, Choice& choice) {
  const Shape shape = lowering.shape(tail.output);
  const TensorIndex to =
      choice.is_apart()
          ? lowering.add_temporary(lowering.graph.value(tail.output).name, DType::kFloat32,
                                   apart(shape, choice.shape.groups), Layout::kBlocked16)
          : lowering.write(tail.output, Layout::kBlocked16);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kConv, inputs, {to});
  choice.params.activation = tail.activation_params();
  choice.params.residual_is_last = tail.addend_is_last ? 1 : 0;
  step.set_params(choice.params);
  step.note = str(lowering.graph.nodes[node].op, tail.note, ", ", kKinds[choice.params.kind]);
  if (!choice.is_apart()) return;
  const TensorIndex plain =
      lowering.view(lowering.write(tail.output), apart(shape, choice.shape.groups));
  add_relayout(lowering, node, to, plain, "blocked to plain, by group");
}

}  // namespace

Result<Lowered> lower_conv(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const bool is_transposed = n.op == "ConvTranspose";
  const Tensor* const constant = lowering.constant(n.inputs[1]);
  const bool has_bias = n.inputs.size() > 2 && n.inputs[2] != kNoValue;
  const Tensor* bias = has_bias ? lowering.constant(n.inputs[2]) : nullptr;
  if (!lowering.is_float(n.inputs[0]) || constant == nullptr || (has_bias && bias == nullptr))
    return Lowered::kDeclined;
  const NodeView view(n, describe(lowering.graph, node));
  const auto plan = is_transposed ? plan_transposed : plan_convolution;
  const Convolution c = TRY(plan(view, lowering.shape(n.inputs[0]), constant->shape()));
  if (c.axes.empty() || c.axes.size() > 3 || element_count(c.output_shape).value() == 0 ||
      element_count(lowering.shape(n.inputs[0])).value() == 0) {
    return Lowered::kDeclined;
  }
  Choice choice = choose(lowering, n.inputs[0], c, is_transposed);
  const bool takes_addend = !choice.is_apart() && !is_transposed;
  Tail tail = match_tail(lowering, n.outputs[0], {1, !has_bias, takes_addend, takes_addend});
  if (bias == nullptr) bias = tail.bias;
  const Tensor weights = TRY(constant->direct());
  std::vector<TensorIndex> inputs = {
      TRY(read_input(lowering, node, n.inputs[0], choice)),
      TRY(pack(lowering, weights, lowering.graph.value(n.inputs[1]).name, choice)), kLeftOut,
      kLeftOut};
  if (bias != nullptr) inputs[2] = TRY(pad_bias(lowering, *bias, str(n.name, " bias"), choice));
  if (tail.addend != kNoValue) inputs[3] = TRY(lowering.read(tail.addend, Layout::kBlocked16));
  add_conv(lowering, node, inputs, tail, choice);
  absorb_tail(lowering, tail);
  return Lowered::kYes;
}

}  // namespace slipway::compile
