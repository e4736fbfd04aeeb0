#include <algorithm>

#include "kernels/conv/depthwise.h"
#include "kernels/conv/direct.h"
#include "kernels/conv/gated.h"
#include "kernels/conv/grouped.h"
#include "kernels/conv/transposed.h"
#include "kernels/conv/winograd.h"
#include "runtime/steps/activation.h"
#include "runtime/steps/rows.h"
#include "runtime/steps/window.h"

namespace slipway::runtime {
namespace {

using plan::ConvKind;
using plan::Layout;

struct Conv {
  Isa isa;
  ConvKernel kernel;
  ConvShape shape;
  ConvOperands operands;  // without what a run gives
  std::uint32_t x, residual, gate, y;
};

ConvOperands operands_of(const Conv& conv, const Call& call) {
  ConvOperands operands = conv.operands;
  operands.x = call.at<const float>(conv.x);
  operands.y = call.at<float>(conv.y);
  if (conv.residual != plan::kNoTensor) operands.residual = call.at<const float>(conv.residual);
  return operands;
}

RunCode run(const void* context, const Call& call) {
  const Conv& conv = *static_cast<const Conv*>(context);
  conv.kernel(conv.shape, operands_of(conv, call), call.begin, call.end);
  return RunCode::kOk;
}

RunCode run_gated(const void* context, const Call& call) {
  const Conv& conv = *static_cast<const Conv*>(context);
  run_gated_convolution(conv.isa, conv.shape, operands_of(conv, call),
                        call.at<const float>(conv.gate), reinterpret_cast<float*>(call.scratch),
                        call.begin, call.end);
  return RunCode::kOk;
}

RunCode run_tiles(const void* context, const Call& call) {
  const Conv& conv = *static_cast<const Conv*>(context);
  run_winograd(conv.isa, conv.shape, operands_of(conv, call),
               reinterpret_cast<float*>(call.scratch), call.begin, call.end);
  return RunCode::kOk;
}

constexpr bool is_apart(ConvKind kind) {
  return kind == ConvKind::kApart || kind == ConvKind::kTransposedApart;
}

// Batch and channels, by group.
Status read_channels(const Binder& binder, const plan::ConvParams& params, ConvShape& shape) {
  const Operand& x = *binder.inputs[0];
  const Operand& y = *binder.outputs[0];
  const auto kind = static_cast<ConvKind>(params.kind);
  const std::uint32_t in_images = is_apart(kind) ? params.groups : 1;
  const std::uint32_t in_channels = is_apart(kind) ? 1 : params.groups;
  if (params.kind >= static_cast<std::uint32_t>(ConvKind::kCount) || params.groups == 0 ||
      x.dim(0) != y.dim(0) || x.dim(0) % in_images != 0 || x.dim(1) % in_channels != 0 ||
      y.dim(1) % in_channels != 0 || x.dim(1) == 0 || y.dim(1) == 0) {
    return binder.error("its channels do not fit together");
  }
  shape.batch = static_cast<std::size_t>(y.dim(0)) / in_images;
  shape.groups = params.groups;
  shape.in_channels = static_cast<std::size_t>(x.dim(1)) / in_channels;
  shape.out_channels = static_cast<std::size_t>(y.dim(1)) / in_channels;
  // All forms of packed weights have this many floats or more.
  if (!product_fits({shape.groups, blocks_of(shape.out_channels), shape.in_channels,
                     shape.depth.kernel, shape.height.kernel, shape.width.kernel},
                    binder.inputs[1]->bytes / sizeof(float))) {
    return binder.error("its packed weights are not all there");
  }
  if (x.layout != (kind == ConvKind::kPlain ? Layout::kPlain : Layout::kBlocked16) ||
      y.layout != Layout::kBlocked16) {
    return binder.error("an operand has the wrong layout");
  }
  return {};
}

struct Choice {
  ConvKernel kernel;
  std::size_t weight_floats;
  std::size_t units;
};

Result<Choice> choose_kernel(const Binder& binder, ConvKind kind, const ConvShape& shape) {
  if (kind == ConvKind::kDepthwise) {
    if (shape.in_channels != 1 || shape.out_channels != 1)
      return binder.error("it is not depthwise");
    return Choice{depthwise_kernels(binder.isa).blocked, packed_depthwise_floats(shape),
                  depthwise_units(shape)};
  }
  if (kind == ConvKind::kWinograd) {
    if (!is_winograd(shape)) return binder.error("it is not computed in tiles");
    return Choice{nullptr, packed_winograd_floats(shape), winograd_units(shape)};
  }
  if (kind == ConvKind::kGrouped) {
    if (!is_grouped(shape)) return binder.error("its groups are not those of its kernel");
    return Choice{grouped_kernels(binder.isa).blocked, packed_grouped_floats(shape),
                  grouped_units(shape)};
  }
  const bool fills_in = kind == ConvKind::kPlain || shape.in_channels % kConvBlock == 0;
  if (shape.groups != 1 && !is_apart(kind) && !(fills_in && shape.out_channels % kConvBlock == 0))
    return binder.error("its groups do not fill blocks");
  if (kind == ConvKind::kTransposed || kind == ConvKind::kTransposedApart) {
    return Choice{transposed_convolution(binder.isa), packed_conv_floats(shape),
                  transposed_units(shape)};
  }
  return Choice{kind == ConvKind::kPlain ? plain_convolution(shape, binder.isa)
                                         : blocked_convolution(shape, binder.isa),
                packed_conv_floats(shape), conv_units(shape)};
}

bool has_same_form(const Operand& a, const Operand& b) {
  return a.dtype == b.dtype && a.layout == b.layout &&
         std::equal(a.dims.begin(), a.dims.end(), b.dims.begin(), b.dims.end());
}

// One factor for each channel that a pointwise convolution reads.
bool is_gate(const Operand& gate, const Operand& x, ConvKind kind, const ConvShape& shape) {
  if (kind != ConvKind::kBlocked || shape.groups != 1 || !is_pointwise(shape) ||
      gate.dtype != DType::kFloat32 || gate.layout != Layout::kBlocked16 ||
      gate.rank() != x.rank()) {
    return false;
  }
  for (std::size_t i = 0; i < x.rank(); ++i) {
    if (gate.dim(i) != (i < 2 ? x.dim(i) : 1)) return false;
  }
  return true;
}

}  // namespace

Status bind_conv(Binder& binder) {
  TRY(binder.expect(2, 5, 1));
  const auto params = TRY(binder.params<plan::ConvParams>());
  const Operand& x = *binder.inputs[0];
  const Operand& weights = *binder.inputs[1];
  const Operand* const bias = binder.inputs.size() > 2 ? binder.inputs[2] : nullptr;
  const Operand* const residual = binder.inputs.size() > 3 ? binder.inputs[3] : nullptr;
  const Operand* const gate = binder.inputs.size() > 4 ? binder.inputs[4] : nullptr;
  const Operand& y = *binder.outputs[0];
  auto* const conv = binder.make<Conv>();
  ConvShape& shape = conv->shape;
  TRY(read_axes(binder, params.axes, {&shape.depth, &shape.height, &shape.width}));
  TRY(read_channels(binder, params, shape));
  const auto kind = static_cast<ConvKind>(params.kind);
  const Choice choice = TRY(choose_kernel(binder, kind, shape));
  const std::uint64_t biases =
      kConvBlock * (is_apart(kind) ? shape.groups * blocks_of(shape.out_channels)
                                   : blocks_of(shape.groups * shape.out_channels));
  const bool is_transposed = kind == ConvKind::kTransposed || kind == ConvKind::kTransposedApart;
  if (weights.constant == nullptr || weights.bytes / sizeof(float) < choice.weight_floats ||
      (bias != nullptr &&
       (bias->constant == nullptr || bias->dtype != DType::kFloat32 || bias->elements < biases)) ||
      (residual != nullptr && (is_transposed || !has_same_form(*residual, y))) ||
      (gate != nullptr && !is_gate(*gate, x, kind, shape))) {
    return binder.error("its weights, bias, residual or gate do not fit");
  }
  conv->kernel = choice.kernel;
  conv->operands.weights = reinterpret_cast<const float*>(weights.constant);
  if (bias != nullptr) conv->operands.bias = reinterpret_cast<const float*>(bias->constant);
  conv->operands.activation = TRY(activation_of(binder, params.activation));
  conv->operands.residual_is_last = params.residual_is_last != 0;
  conv->x = x.slot;
  conv->residual = residual == nullptr ? plan::kNoTensor : residual->slot;
  conv->y = y.slot;
  conv->isa = binder.isa;
  if (kind == ConvKind::kWinograd) {
    binder.use(run_tiles, conv, choice.units, winograd_scratch_floats(shape) * sizeof(float));
    return {};
  }
  if (gate == nullptr) {
    binder.use(run, conv, choice.units);
    return {};
  }
  conv->gate = gate->slot;
  binder.use(run_gated, conv, choice.units, gated_scratch_floats(shape) * sizeof(float));
  return {};
}

}  // namespace slipway::runtime
