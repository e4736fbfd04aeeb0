#include <algorithm>

#include "base/str.h"
#include "compile/lower/conv_shape.h"
#include "compile/lower/lower.h"
#include "compile/lower/quantized.h"
#include "compile/lower/tail.h"
#include "kernels/conv/conv_triple.h"
#include "kernels/conv/depthwise.h"
#include "kernels/conv/direct.h"
#include "kernels/conv/grouped.h"
#include "kernels/conv/transposed.h"
#include "kernels/conv/winograd.h"
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
                                  "transposed, each group in blocks of its own",
                                  "Winograd"};
static_assert(std::size(kKinds) == static_cast<std::size_t>(ConvKind::kCount));

ConvKind kind_of(const ConvShape& shape, bool is_transposed, Layout layout) {
  const bool fills_in = shape.in_channels % kConvBlock == 0;
  const bool fills_out = shape.out_channels % kConvBlock == 0;
  const bool fills = shape.groups == 1 || (fills_in && fills_out);
  if (is_transposed) return fills ? ConvKind::kTransposed : ConvKind::kTransposedApart;
  if (is_winograd(shape)) return ConvKind::kWinograd;
  if (shape.groups > 1 && shape.in_channels == 1 && shape.out_channels == 1)
    return ConvKind::kDepthwise;
  if (shape.groups > 1 && is_grouped(shape)) return ConvKind::kGrouped;
  if (shape.in_channels < kConvBlock && layout == Layout::kPlain &&
      (shape.groups == 1 || fills_out)) {
    return ConvKind::kPlain;
  }
  return fills ? ConvKind::kBlocked : ConvKind::kApart;
}

Choice choose(const Convolution& c, Layout layout, bool is_transposed) {
  Choice choice;
  choice.shape = conv_shape(c, is_transposed, choice.params.axes);
  choice.kind = kind_of(choice.shape, is_transposed, layout);
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
  if (choice.kind == ConvKind::kWinograd) return {packed_winograd_floats, pack_winograd};
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

// A node whose weights are constants and whose input and output have elements.
struct Site {
  std::size_t node;
  const Tensor* weights;
  const Tensor* bias;  // or null
  bool has_bias;
  Convolution form;
};

Result<std::optional<Site>> site_of(const Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const Tensor* const weights = lowering.constant(n.inputs[1]);
  const bool has_bias = n.inputs.size() > 2 && n.inputs[2] != kNoValue;
  const Tensor* const bias = has_bias ? lowering.constant(n.inputs[2]) : nullptr;
  std::optional<Site> site;
  if (!lowering.is_float(n.inputs[0]) || weights == nullptr || (has_bias && bias == nullptr))
    return site;
  const NodeView view(n, describe(lowering.graph, node));
  const auto plan = n.op == "ConvTranspose" ? plan_transposed : plan_convolution;
  Convolution form = TRY(plan(view, lowering.shape(n.inputs[0]), weights->shape()));
  if (form.axes.empty() || form.axes.size() > 3 || element_count(form.output_shape).value() == 0 ||
      element_count(lowering.shape(n.inputs[0])).value() == 0) {
    return site;
  }
  site = {node, weights, bias, has_bias, std::move(form)};
  return site;
}

// x times one factor for each channel of each image.
struct Gated {
  ValueId x;
  ValueId gate;
};

// What a Mul computes, where it is that and both are there in blocks of channels.
std::optional<Gated> gated_by(const Lowering& lowering, const Node& n) {
  if (n.op != "Mul" || !n.domain.empty() || n.inputs.size() != 2) return std::nullopt;
  const Shape& shape = lowering.shape(n.outputs[0]);
  if (shape.size() < 3) return std::nullopt;
  Shape gate(shape.size(), 1);
  std::copy_n(shape.begin(), 2, gate.begin());
  for (const Gated g : {Gated{n.inputs[0], n.inputs[1]}, Gated{n.inputs[1], n.inputs[0]}}) {
    if (g.x == kNoValue || g.gate == kNoValue || !lowering.is_float(g.x)) continue;
    if (lowering.shape(g.x) == shape && lowering.shape(g.gate) == gate &&
        lowering.layout(g.x) == Layout::kBlocked16 &&
        lowering.layout(g.gate) == Layout::kBlocked16) {
      return g;
    }
  }
  return std::nullopt;
}

// What a Mul that was left to the convolution computes.
std::optional<Gated> gate_before(const Lowering& lowering, ValueId x) {
  if (lowering.is_made(x)) return std::nullopt;
  for (const Node& n : lowering.graph.nodes) {
    if (!n.outputs.empty() && n.outputs[0] == x) return gated_by(lowering, n);
  }
  return std::nullopt;
}

// A convolution with what comes before and after it in the same step.
struct Part {
  Site site;
  Choice choice;
  Tail tail;
  std::optional<Gated> gate;
};

// Its packed weights and its bias.
Status add_weights(Lowering& lowering, Part& part, std::vector<TensorIndex>& inputs) {
  const Node& n = lowering.graph.nodes[part.site.node];
  const Tensor weights = TRY(part.site.weights->direct());
  const Tensor* const bias = part.site.bias != nullptr ? part.site.bias : part.tail.bias;
  inputs.push_back(
      TRY(pack(lowering, weights, lowering.graph.value(n.inputs[1]).name, part.choice)));
  inputs.push_back(kLeftOut);
  if (bias != nullptr)
    inputs.back() = TRY(pad_bias(lowering, *bias, str(n.name, " bias"), part.choice));
  part.choice.params.activation = part.tail.activation_params();
  part.choice.params.residual_is_last = part.tail.addend_is_last ? 1 : 0;
  return {};
}

std::string note_of(const Lowering& lowering, const Part& part) {
  return str(lowering.graph.nodes[part.site.node].op, part.tail.note, ", ",
             kKinds[part.choice.params.kind]);
}

// The depthwise convolution that alone reads what the part gives, where one step can do both.
Result<std::optional<Part>> depthwise_after(const Lowering& lowering, const Part& first) {
  std::optional<Part> second;
  const auto user = lowering.only_user(first.tail.output);
  if (!user || lowering.is_done(*user) || first.tail.addend != kNoValue || first.gate ||
      first.site.form.groups != 1 || first.site.form.axes.size() != 2 ||
      (first.choice.kind != ConvKind::kBlocked && first.choice.kind != ConvKind::kPlain)) {
    return second;
  }
  const Node& n = lowering.graph.nodes[*user];
  if (n.op != "Conv" || !n.domain.empty() || n.inputs[0] != first.tail.output) return second;
  const auto site = TRY(site_of(lowering, *user));
  if (!site) return second;
  Choice choice = choose(site->form, Layout::kBlocked16, false);
  if (choice.kind != ConvKind::kDepthwise) return second;
  second = {*site, choice, match_tail(lowering, n.outputs[0], {1, !site->has_bias, false, false}),
            std::nullopt};
  return second;
}

// The pointwise convolution that alone reads what the pair gives, where one step can do all three.
Result<std::optional<Part>> pointwise_after(const Lowering& lowering, const Part& first,
                                            const Part& second) {
  std::optional<Part> third;
  const auto user = lowering.only_user(second.tail.output);
  if (!user || lowering.is_done(*user)) return third;
  const Node& n = lowering.graph.nodes[*user];
  if (n.op != "Conv" || !n.domain.empty() || n.inputs[0] != second.tail.output) return third;
  const auto site = TRY(site_of(lowering, *user));
  if (!site) return third;
  Choice choice = choose(site->form, Layout::kBlocked16, false);
  if (choice.kind != ConvKind::kBlocked || choice.shape.groups != 1 ||
      !is_pointwise(choice.shape) ||
      !is_conv_triple(
          {{first.choice.shape, second.choice.shape, first.choice.kind == ConvKind::kPlain},
           choice.shape})) {
    return third;
  }
  third = {*site, choice, match_tail(lowering, n.outputs[0], {1, !site->has_bias, true, true}),
           std::nullopt};
  return third;
}

plan::ConvPairParams pair_params(const Part& first, const Part& second) {
  plan::ConvPairParams params{first.choice.params, second.choice.params, {}};
  params.middle[0] = static_cast<std::uint32_t>(first.site.form.out_channels);
  for (std::size_t i = 0; i < 2; ++i)
    params.middle[1 + i] = static_cast<std::uint32_t>(first.site.form.axes[i].output);
  return params;
}

// Two or three parts as one step.
Status add_parts(Lowering& lowering, const std::vector<Part*>& parts) {
  const Part& first = *parts.front();
  const Part& last = *parts.back();
  const bool is_triple = parts.size() == 3;
  std::vector<TensorIndex> inputs = {TRY(read_input(
      lowering, first.site.node, lowering.graph.nodes[first.site.node].inputs[0], first.choice))};
  std::vector<std::string> notes;
  for (Part* const part : parts) {
    TRY(add_weights(lowering, *part, inputs));
    notes.push_back(note_of(lowering, *part));
  }
  if (is_triple) inputs.push_back(TRY(lowering.read(last.tail.addend, Layout::kBlocked16)));
  const TensorIndex to = lowering.write(last.tail.output, Layout::kBlocked16);
  ProgramStep& step = lowering.add_step(
      first.site.node, is_triple ? plan::KernelId::kConvTriple : plan::KernelId::kConvPair, inputs,
      {to});
  for (std::size_t i = 1; i < parts.size(); ++i)
    step.multiply_adds += lowering.multiply_adds(parts[i]->site.node);
  const plan::ConvPairParams pair = pair_params(first, *parts[1]);
  if (is_triple) {
    step.set_params(plan::ConvTripleParams{pair, last.choice.params});
  } else {
    step.set_params(pair);
  }
  step.note = join(notes, "; ");
  for (const Part* const part : parts) {
    if (part != &first) lowering.absorb(part->site.node);
    absorb_tail(lowering, part->tail);
  }
  return {};
}

Status add_conv(Lowering& lowering, Part& part) {
  const std::size_t node = part.site.node;
  const Choice& choice = part.choice;
  const ValueId x = part.gate ? part.gate->x : lowering.graph.nodes[node].inputs[0];
  std::vector<TensorIndex> inputs = {TRY(read_input(lowering, node, x, choice))};
  TRY(add_weights(lowering, part, inputs));
  inputs.push_back(TRY(lowering.read(part.tail.addend, Layout::kBlocked16)));
  if (part.gate) inputs.push_back(TRY(lowering.read(part.gate->gate, Layout::kBlocked16)));
  const Shape shape = lowering.shape(part.tail.output);
  const TensorIndex to =
      choice.is_apart()
          ? lowering.add_temporary(lowering.graph.value(part.tail.output).name, DType::kFloat32,
                                   apart(shape, choice.shape.groups), Layout::kBlocked16)
          : lowering.write(part.tail.output, Layout::kBlocked16);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kConv, inputs, {to});
  step.set_params(choice.params);
  step.note = str(part.gate ? "Mul + " : "", note_of(lowering, part));
  absorb_tail(lowering, part.tail);
  if (!choice.is_apart()) return {};
  const TensorIndex plain =
      lowering.view(lowering.write(part.tail.output), apart(shape, choice.shape.groups));
  add_relayout(lowering, node, to, plain, "blocked to plain, by group");
  return {};
}

}  // namespace

Result<Lowered> lower_conv(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  auto site = TRY(site_of(lowering, node));
  if (!site) return Lowered::kDeclined;
  const bool is_transposed = n.op == "ConvTranspose";
  auto gate = gate_before(lowering, n.inputs[0]);
  const Layout layout = gate ? Layout::kBlocked16 : lowering.layout(n.inputs[0]);
  const Choice choice = choose(site->form, layout, is_transposed);
  const bool takes_addend = !choice.is_apart() && !is_transposed;
  Tail tail = match_tail(lowering, n.outputs[0], {1, !site->has_bias, takes_addend, takes_addend});
  Part part = {std::move(*site), choice, std::move(tail), gate};
  auto second = TRY(depthwise_after(lowering, part));
  if (!second) {
    TRY(add_conv(lowering, part));
    return Lowered::kYes;
  }
  auto third = TRY(pointwise_after(lowering, part, *second));
  if (third) {
    TRY(add_parts(lowering, {&part, &*second, &*third}));
  } else {
    TRY(add_parts(lowering, {&part, &*second}));
  }
  return Lowered::kYes;
}

// A gate whose product only a pointwise convolution reads is left to it.
Result<Lowered> lower_product(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  if (TRY(lower_scaled_product(lowering, node))) return Lowered::kYes;
  if (TRY(lower_scaled_conv(lowering, node))) return Lowered::kYes;
  const auto user = lowering.only_user(n.outputs[0]);
  if (!user || lowering.graph.nodes[*user].op != "Conv" || !gated_by(lowering, n) ||
      lowering.graph.nodes[*user].inputs[0] != n.outputs[0]) {
    return lower_elementwise(lowering, node);
  }
  const auto site = TRY(site_of(lowering, *user));
  if (!site) return lower_elementwise(lowering, node);
  const Choice choice = choose(site->form, Layout::kBlocked16, false);
  if (choice.kind != ConvKind::kBlocked || choice.shape.groups != 1 ||
      !is_pointwise(choice.shape)) {
    return lower_elementwise(lowering, node);
  }
  return Lowered::kYes;
}

}  // namespace slipway::compile
