#include <algorithm>

#include "kernels/conv/depthwise.h"
#include "kernels/conv/direct.h"
#include "runtime/steps/activation.h"
#include "runtime/steps/rows.h"
#include "runtime/steps/window.h"

namespace slipway::runtime {
namespace {

using plan::ConvKind;
using plan::Layout;

struct Conv {
  ConvKernel kernel;
  ConvShape shape;
  ConvOperands operands;  // without what a run gives
  std::uint32_t x, residual, y;
};

RunCode run(const void* context, const Call& call) {
  const Conv& conv = *static_cast<const Conv*>(context);
  ConvOperands operands = conv.operands;
  operands.x = call.at<const float>(conv.x);
  operands.y = call.at<float>(conv.y);
  if (conv.residual != plan::kNoTensor) operands.residual = call.at<const float>(conv.residual);
  conv.kernel(conv.shape, operands, call.begin, call.end);
  return RunCode::kOk;
}

// Channels by group, and the kernel with the floats that its packed weights take.
Status choose_kernel(const Binder& binder, const plan::ConvParams& params, Conv& conv,
                     std::size_t& weight_floats, std::size_t& units) {
  const Operand& x = *binder.inputs[0];
  const Operand& y = *binder.outputs[0];
  ConvShape& shape = conv.shape;
  shape.batch = static_cast<std::size_t>(y.dim(0));
  shape.groups = params.groups;
  if (params.kind >= static_cast<std::uint32_t>(ConvKind::kCount) || params.groups == 0 ||
      x.dim(0) != y.dim(0) || x.dim(1) % params.groups != 0 || y.dim(1) % params.groups != 0 ||
      x.dim(1) == 0 || y.dim(1) == 0) {
    return binder.error("its channels do not fit together");
  }
  shape.in_channels = static_cast<std::size_t>(x.dim(1)) / params.groups;
  shape.out_channels = static_cast<std::size_t>(y.dim(1)) / params.groups;
  // Both forms of packed weights have this many floats or more.
  if (!product_fits({shape.groups, blocks_of(shape.out_channels), shape.in_channels,
                     shape.depth.kernel, shape.height.kernel, shape.width.kernel},
                    binder.inputs[1]->bytes / sizeof(float))) {
    return binder.error("its packed weights are not all there");
  }
  const auto kind = static_cast<ConvKind>(params.kind);
  if (x.layout != (kind == ConvKind::kPlain ? Layout::kPlain : Layout::kBlocked16) ||
      y.layout != Layout::kBlocked16) {
    return binder.error("an operand has the wrong layout");
  }
  if (kind == ConvKind::kDepthwise) {
    if (shape.in_channels != 1 || shape.out_channels != 1)
      return binder.error("it is not depthwise");
    conv.kernel = depthwise_kernels(binder.isa).blocked;
    weight_floats = packed_depthwise_floats(shape);
    units = depthwise_units(shape);
    return {};
  }
  if (params.groups != 1 && (shape.out_channels % 16 != 0 ||
                             (kind == ConvKind::kBlocked && shape.in_channels % 16 != 0))) {
    return binder.error("its groups do not fill blocks");
  }
  conv.kernel = kind == ConvKind::kBlocked ? blocked_convolution(shape, binder.isa)
                                           : plain_convolution(shape, binder.isa);
  weight_floats = packed_conv_floats(shape);
  units = conv_units(shape);
  return {};
}

}  // namespace

Status bind_conv(Binder& binder) {
  TRY(binder.expect(2, 4, 1));
  const auto params = TRY(binder.params<plan::ConvParams>());
  const Operand& x = *binder.inputs[0];
  const Operand& weights = *binder.inputs[1];
  const Operand* const bias = binder.inputs.size() > 2 ? binder.inputs[2] : nullptr;
  const Operand* const residual = binder.inputs.size() > 3 ? binder.inputs[3] : nullptr;
  const Operand& y = *binder.outputs[0];
  auto* const conv = binder.make<Conv>();
  TRY(read_axes(binder, params.axes,
                {&conv->shape.depth, &conv->shape.height, &conv->shape.width}));
  std::size_t weight_floats = 0;
  std::size_t units = 0;
  TRY(choose_kernel(binder, params, *conv, weight_floats, units));
  const auto channels = static_cast<std::uint64_t>((y.dim(1) + 15) / 16 * 16);
  if (weights.constant == nullptr || weights.bytes / sizeof(float) < weight_floats ||
      (bias != nullptr && (bias->constant == nullptr || bias->dtype != DType::kFloat32 ||
                           bias->elements < channels)) ||
      (residual != nullptr &&
       (residual->dtype != y.dtype || residual->layout != y.layout ||
        !std::equal(residual->dims.begin(), residual->dims.end(), y.dims.begin(), y.dims.end())))) {
    return binder.error("its weights, bias or residual do not fit");
  }
  conv->operands.weights = reinterpret_cast<const float*>(weights.constant);
  if (bias != nullptr) conv->operands.bias = reinterpret_cast<const float*>(bias->constant);
  conv->operands.activation = TRY(activation_of(binder, params.activation));
  conv->operands.residual_is_last = params.residual_is_last != 0;
  conv->x = x.slot;
  conv->residual = residual == nullptr ? plan::kNoTensor : residual->slot;
  conv->y = y.slot;
  binder.use(run, conv, units);
  return {};
}

}  // namespace slipway::runtime
