// QLinearConv, and what may follow it in its kernel: a clamp, the addition of other bytes.
// ConvInteger where a factor follows.
#include <algorithm>

#include "base/str.h"
#include "compile/lower/conv_shape.h"
#include "compile/lower/lower.h"
#include "compile/lower/numbers.h"
#include "compile/lower/quantized.h"
#include "compile/lower/tail.h"
#include "compile/lower/view.h"
#include "kernels/conv/byte_depthwise.h"
#include "ops/nn/convolution.h"
#include "ops/node_view.h"

namespace slipway::compile {
namespace {

using plan::Layout;

// Inputs of QLinearConv.
enum Input : std::size_t {
  kX,
  kXScale,
  kXZero,
  kW,
  kWScale,
  kWZero,
  kYScale,
  kYZero,
  kBias,
};

// Weights less their zero points, where these are signed bytes.
std::optional<std::vector<std::int8_t>> weights_of(const Lowering& lowering, ValueId w,
                                                   ValueId zero, std::size_t channels) {
  const auto values = ints_of(lowering, w);
  const auto zeros =
      zero == kNoValue ? std::optional(std::vector<std::int64_t>{0}) : ints_of(lowering, zero);
  if (!values || !zeros || (zeros->size() != 1 && zeros->size() != channels)) return std::nullopt;
  std::vector<std::int8_t> weights;
  weights.reserve(values->size());
  const std::size_t filter = values->size() / channels;
  for (std::size_t i = 0; i < values->size(); ++i) {
    const std::int64_t weight = (*values)[i] - (*zeros)[zeros->size() == 1 ? 0 : i / filter];
    if (weight < -128 || weight > 127) return std::nullopt;
    weights.push_back(static_cast<std::int8_t>(weight));
  }
  return weights;
}

struct Choice {
  ConvShape shape;
  plan::ByteConvParams params{};
  std::size_t merged = 1;  // groups of the node that are one of the kernel's
};

// Neighbouring groups that do not fill blocks of channels become one, with weights of 0 between
// what does not belong together.
std::size_t groups_to_merge(std::size_t groups, std::size_t in, std::size_t out) {
  for (std::size_t merged = 1; merged < groups; ++merged) {
    if (groups % merged == 0 && in * merged % 16 == 0 && out * merged % 16 == 0) return merged;
  }
  return groups;
}

std::optional<Choice> choose(const Convolution& c) {
  if (c.axes.empty() || c.axes.size() > 3) return std::nullopt;
  Choice choice;
  choice.shape = conv_shape(c, false, choice.params.axes);
  ConvShape& shape = choice.shape;
  choice.params.is_depthwise = c.groups > 1 && c.in_channels == 1 && c.out_channels == 1 ? 1 : 0;
  if (choice.params.is_depthwise == 0 && c.groups > 1) {
    choice.merged = groups_to_merge(shape.groups, shape.in_channels, shape.out_channels);
    shape.groups /= choice.merged;
    shape.in_channels *= choice.merged;
    shape.out_channels *= choice.merged;
  }
  choice.params.groups = static_cast<std::uint32_t>(shape.groups);
  return choice;
}

std::vector<std::int8_t> merge_groups(const Choice& choice, std::vector<std::int8_t> weights) {
  if (choice.merged == 1) return weights;
  const ConvShape& s = choice.shape;
  const std::size_t in = s.in_channels / choice.merged;
  const std::size_t out = s.out_channels / choice.merged;
  const std::size_t taps = s.kernel_positions();
  std::vector<std::int8_t> merged(s.groups * s.out_channels * s.in_channels * taps);
  for (std::size_t o = 0; o < s.groups * s.out_channels; ++o) {
    const std::size_t place = o / out % choice.merged;
    std::copy_n(
        weights.begin() + static_cast<std::ptrdiff_t>(o * in * taps), in * taps,
        merged.begin() + static_cast<std::ptrdiff_t>((o * s.in_channels + place * in) * taps));
  }
  return merged;
}

// The constants of the step, in the order of its inputs from the weights on.
struct Constants {
  std::vector<std::int8_t> weights;
  std::optional<std::vector<std::int32_t>> bias;
  std::vector<float> multiplier;
};

std::optional<Constants> constants_of(const Lowering& lowering, const Node& node,
                                      std::size_t channels) {
  const auto weights = weights_of(lowering, node.inputs[kW], node.inputs[kWZero], channels);
  const auto x_scale = one_float(lowering, node.inputs[kXScale]);
  const auto y_scale = one_float(lowering, node.inputs[kYScale]);
  const auto w_scales = floats_of(lowering, node.inputs[kWScale]);
  if (!weights || !x_scale || !y_scale || !w_scales ||
      (w_scales->size() != 1 && w_scales->size() != channels)) {
    return std::nullopt;
  }
  Constants constants{*weights, std::nullopt, {}};
  for (std::size_t c = 0; c < channels; ++c) {
    const float w_scale = (*w_scales)[w_scales->size() == 1 ? 0 : c];
    const float factor = *x_scale * w_scale / *y_scale;
    if (!(factor >= 0.0F && factor < 1e30F)) return std::nullopt;
    constants.multiplier.push_back(factor);
  }
  if (node.inputs.size() > kBias && node.inputs[kBias] != kNoValue) {
    const auto bias = ints_of(lowering, node.inputs[kBias]);
    if (!bias || bias->size() != channels) return std::nullopt;
    constants.bias.emplace(bias->begin(), bias->end());
  }
  return constants;
}

Result<std::vector<TensorIndex>> add_constants(Lowering& lowering, const std::string& name,
                                               const Choice& choice, Constants constants) {
  const ConvShape& shape = choice.shape;
  const bool is_depthwise = choice.params.is_depthwise != 0;
  const std::vector<std::int8_t> weights = merge_groups(choice, std::move(constants.weights));
  std::vector<std::int8_t> packed(is_depthwise ? packed_byte_depthwise_bytes(shape)
                                               : packed_byte_conv_bytes(shape));
  std::vector<TensorIndex> inputs(4, kLeftOut);
  if (is_depthwise) {
    pack_byte_depthwise(shape, weights.data(), packed.data());
  } else {
    std::vector<std::int32_t> sums(packed_byte_conv_sums(shape));
    pack_byte_conv(shape, weights.data(), packed.data(), sums.data());
    inputs[1] = lowering.add_constant(str(name, " sums of taps"), Tensor::of(sums));
  }
  inputs[0] = lowering.add_constant(name, Tensor::of(packed));
  if (constants.bias) {
    inputs[2] =
        lowering.add_constant(str(name, " bias"), in_whole_blocks(*std::move(constants.bias)));
  }
  if (!constants.multiplier.empty()) {
    inputs[3] = lowering.add_constant(str(name, " factors"),
                                      in_whole_blocks(std::move(constants.multiplier)));
  }
  return inputs;
}

// A pointwise convolution that does not look at every position.
bool skips_positions(const ConvShape& shape) {
  bool skips = false;
  for (const ConvAxis* const axis : {&shape.depth, &shape.height, &shape.width}) {
    if (axis->kernel != 1 || axis->pad != 0) return false;
    skips |= axis->stride != 1;
    // The last of them lies in the input.
    if (axis->at(axis->output - 1, 0) >= static_cast<std::ptrdiff_t>(axis->input)) return false;
  }
  return skips && shape.groups * shape.in_channels % 16 == 0;
}

Shape in_blocks(Shape shape) {
  shape[1] /= 16;
  shape.push_back(16);
  return shape;
}

// Copies those that it looks at, so that they are neighbours: the convolution then has no stride.
TensorIndex keep_positions(Lowering& lowering, std::size_t node, TensorIndex x, Choice& choice) {
  const ProgramTensor from = lowering.program.tensor(x);
  Shape kept = from.shape;
  ConvAxis* const axes[3] = {&choice.shape.depth, &choice.shape.height, &choice.shape.width};
  const std::size_t spatial = kept.size() - 2;
  std::vector<plan::ViewAxis> view = whole_axes(kept.size() + 1);
  for (std::size_t i = 0; i < spatial; ++i) {
    ConvAxis& axis = *axes[3 - spatial + i];
    kept[2 + i] = static_cast<std::int64_t>(axis.output);
    view[2 + i].step = static_cast<std::int64_t>(axis.stride);
    axis.stride = 1;
    axis.input = axis.output;
    choice.params.axes[i].stride = 1;
  }
  const TensorIndex to = lowering.add_temporary(from.name, from.dtype, kept, Layout::kBlocked16);
  ProgramStep& step = add_view(lowering, node, lowering.stored(x, in_blocks(from.shape)),
                               lowering.stored(to, in_blocks(kept)), view);
  step.multiply_adds = 0;
  step.note = "every so many positions";
  return to;
}

// A ConvInteger whose sums, as floats, are multiplied by one float or one for each channel.
struct FloatConv {
  std::size_t node;
  std::size_t cast;
  ValueId zero = kNoValue;  // of x
  ValueId factor = kNoValue;
  ValueId output = kNoValue;
  Choice choice;
  std::vector<std::int8_t> weights;
};

bool is_one_a_channel(const Shape& shape, const Shape& output) {
  const std::int64_t count = element_count(shape).value();
  const std::size_t spatial = output.size() - 2;
  if (count == 1) return shape.size() <= output.size();
  return count == output[1] && shape.size() > spatial && shape.size() <= output.size() &&
         shape[shape.size() - spatial - 1] == count;
}

Result<std::optional<FloatConv>> float_conv(const Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  std::optional<FloatConv> found;
  const auto cast = lowering.only_user(n.outputs[0]);
  if (!cast || lowering.graph.nodes[*cast].op != "Cast") return found;
  const ValueId wide = lowering.graph.nodes[*cast].outputs[0];
  const auto mul = lowering.only_user(wide);
  if (!mul || !lowering.is_float(wide) || lowering.graph.nodes[*mul].op != "Mul" ||
      !lowering.graph.nodes[*mul].domain.empty()) {
    return found;
  }
  const Node& scaled = lowering.graph.nodes[*mul];
  const ValueId factor = scaled.inputs[scaled.inputs[0] == wide ? 1 : 0];
  const Tensor* const w = lowering.constant(n.inputs[1]);
  const Shape& output = lowering.shape(scaled.outputs[0]);
  const ValueId zero = has_input(n, 2) ? n.inputs[2] : kNoValue;
  if (w == nullptr || w->rank() < 3 || w->size() == 0 || factor == wide ||
      output != lowering.shape(n.outputs[0]) || element_count(output).value() == 0 ||
      element_count(lowering.shape(n.inputs[0])).value() == 0 ||
      !is_one_a_channel(lowering.shape(factor), output) ||
      (zero != kNoValue && element_count(lowering.shape(zero)).value() != 1)) {
    return found;
  }
  const NodeView view(n, describe(lowering.graph, node));
  const auto choice = choose(TRY(plan_convolution(view, lowering.shape(n.inputs[0]), w->shape())));
  const auto weights = weights_of(lowering, n.inputs[1], has_input(n, 3) ? n.inputs[3] : kNoValue,
                                  static_cast<std::size_t>(w->dim(0)));
  if (choice && weights)
    found = FloatConv{node, *cast, zero, factor, scaled.outputs[0], *choice, *weights};
  return found;
}

}  // namespace

// It is added at its Mul: only there the factor is made.
Result<Lowered> lower_integer_conv(Lowering& lowering, std::size_t node) {
  const auto conv = TRY(float_conv(lowering, node));
  if (!conv) return Lowered::kDeclined;
  lowering.absorb(conv->cast);
  return Lowered::kYes;
}

Result<bool> lower_scaled_conv(Lowering& lowering, std::size_t node) {
  const Node& mul = lowering.graph.nodes[node];
  std::optional<FloatConv> conv;
  for (const ValueId input : mul.inputs) {
    const auto cast = lowering.maker(input);
    if (!cast || lowering.graph.nodes[*cast].op != "Cast") continue;
    const auto first = lowering.maker(lowering.graph.nodes[*cast].inputs[0]);
    if (!first || lowering.graph.nodes[*first].op != "ConvInteger" ||
        lowering.is_made(lowering.graph.nodes[*first].outputs[0])) {
      continue;
    }
    conv = TRY(float_conv(lowering, *first));
    if (conv && conv->output == mul.outputs[0]) break;
    conv.reset();
  }
  if (!conv) return false;
  const Node& n = lowering.graph.nodes[conv->node];
  Choice& choice = conv->choice;
  std::vector<TensorIndex> inputs = {TRY(lowering.read(n.inputs[0], Layout::kBlocked16))};
  for (const TensorIndex id : TRY(add_constants(lowering, lowering.graph.value(n.inputs[1]).name,
                                                choice, {std::move(conv->weights), {}, {}}))) {
    inputs.push_back(id);
  }
  inputs[4] = TRY(lowering.read(conv->factor));
  inputs.push_back(kLeftOut);
  inputs.push_back(TRY(lowering.read(conv->zero)));
  const Tail tail = match_tail(lowering, conv->output, {1, true, false, false, false});
  inputs.push_back(kLeftOut);
  if (tail.bias != nullptr) {
    const Tensor bias = TRY(tail.bias->direct());
    const std::span<const float> values = bias.data<float>();
    inputs.back() = lowering.add_constant(
        str(n.name, " bias"), in_whole_blocks(std::vector<float>(values.begin(), values.end())));
  }
  plan::ByteConvParams& params = choice.params;
  params.x_zero = stored_byte(lowering.dtype(n.inputs[0]), 0);
  const TensorIndex to = lowering.write(tail.output, Layout::kBlocked16);
  ProgramStep& step = lowering.add_step(conv->node, plan::KernelId::kByteConv, inputs, {to});
  step.set_params(params);
  step.note = str("ConvInteger + scale", tail.note, params.is_depthwise != 0 ? ", depthwise" : "",
                  choice.merged > 1 ? str(", ", choice.merged, " groups as one") : "");
  absorb_tail(lowering, tail);
  return true;
}

Result<Lowered> lower_quantized_conv(Lowering& lowering, std::size_t node) {
  const Node& n = lowering.graph.nodes[node];
  const DType x_type = lowering.dtype(n.inputs[kX]);
  const DType y_type = lowering.dtype(n.outputs[0]);
  const Tensor* const w = lowering.constant(n.inputs[kW]);
  const auto x_zero = one_byte(lowering, n.inputs[kXZero]);
  const auto y_zero = one_byte(lowering, n.inputs[kYZero]);
  if (w == nullptr || w->rank() < 3 || w->size() == 0 || !x_zero || !y_zero)
    return Lowered::kDeclined;
  const NodeView view(n, describe(lowering.graph, node));
  const Convolution c = TRY(plan_convolution(view, lowering.shape(n.inputs[kX]), w->shape()));
  auto choice = choose(c);
  auto constants = constants_of(lowering, n, static_cast<std::size_t>(w->dim(0)));
  if (!choice || !constants || element_count(c.output_shape).value() == 0 ||
      element_count(lowering.shape(n.inputs[kX])).value() == 0) {
    return Lowered::kDeclined;
  }
  plan::ByteConvParams& params = choice->params;
  params.x_zero = stored_byte(x_type, *x_zero);
  params.y = {1.0F, stored_byte(y_type, *y_zero)};
  params.range = all_bytes();
  ValueId output = n.outputs[0];
  std::string note = "QLinearConv";
  if (const auto clip = clip_of_bytes(lowering, output)) {
    params.range = stored_bounds(y_type, clip->clamp);
    output = lowering.graph.nodes[clip->node].outputs[0];
    lowering.absorb(clip->node);
    note += " + Clip";
  }
  std::vector<TensorIndex> inputs = {TRY(lowering.read(n.inputs[kX], Layout::kBlocked16))};
  if (skips_positions(choice->shape)) {
    inputs[0] = keep_positions(lowering, node, inputs[0], *choice);
    note += ", of the positions that count";
  }
  for (const TensorIndex id : TRY(add_constants(lowering, lowering.graph.value(n.inputs[kW]).name,
                                                *choice, *std::move(constants)))) {
    inputs.push_back(id);
  }
  const auto sum = sum_of_bytes(lowering, output);
  if (sum && sum->y.zero == *y_zero && sum->y.dtype == y_type) {
    inputs.push_back(TRY(lowering.read(sum->addend, Layout::kBlocked16)));
    params.y.scale = sum->y.scale;
    params.residual = stored_scale(sum->r);
    params.sum = stored_scale(sum->sum);
    params.sum_range = stored_bounds(sum->sum.dtype, sum->clamp);
    for (const std::size_t fused : sum->nodes) lowering.absorb(fused);
    output = sum->output;
    note += sum->note;
  }
  const TensorIndex to = lowering.write(output, Layout::kBlocked16);
  ProgramStep& step = lowering.add_step(node, plan::KernelId::kByteConv, inputs, {to});
  step.set_params(params);
  step.note = note + (params.is_depthwise != 0 ? ", depthwise" : "") +
              (choice->merged > 1 ? str(", ", choice->merged, " groups as one") : "");
  return Lowered::kYes;
}

}  // namespace slipway::compile
