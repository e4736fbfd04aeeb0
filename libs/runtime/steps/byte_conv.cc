#include <algorithm>

#include "kernels/conv/byte_depthwise.h"
#include "kernels/conv/depthwise.h"
#include "kernels/conv/direct.h"
#include "runtime/steps/bytes.h"
#include "runtime/steps/rows.h"
#include "runtime/steps/window.h"

namespace slipway::runtime {
namespace {

bool is_blocked_floats(const Operand& operand) {
  return operand.dtype == DType::kFloat32 && operand.layout == plan::Layout::kBlocked16;
}

struct ByteConv {
  ByteConvKernel kernel;
  ConvShape shape;
  ByteConvOperands operands;  // without what a run gives
  std::uint32_t x, residual, y;
  // Of floats.
  std::uint32_t multiplier, x_zero;
  std::size_t multipliers, channels;  // one or all; in whole blocks
  std::uint8_t flip;
};

RunCode run(const void* context, const Call& call) {
  const ByteConv& conv = *static_cast<const ByteConv*>(context);
  ByteConvOperands operands = conv.operands;
  operands.x = call.at<const std::uint8_t>(conv.x);
  operands.y = call.at<std::uint8_t>(conv.y);
  if (conv.residual != plan::kNoTensor)
    operands.residual.r = call.at<const std::uint8_t>(conv.residual);
  conv.kernel(conv.shape, operands, call.begin, call.end);
  return RunCode::kOk;
}

RunCode run_floats(const void* context, const Call& call) {
  const ByteConv& conv = *static_cast<const ByteConv*>(context);
  ByteConvOperands operands = conv.operands;
  operands.x = call.at<const std::uint8_t>(conv.x);
  operands.floats = call.at<float>(conv.y);
  if (conv.x_zero != plan::kNoTensor)
    operands.x_zero = *call.at<const std::uint8_t>(conv.x_zero) ^ conv.flip;
  auto* const multipliers = reinterpret_cast<float*>(call.scratch);
  const float* const given = call.at<const float>(conv.multiplier);
  std::fill_n(multipliers, conv.channels, conv.multipliers == 1 ? *given : 0.0F);
  if (conv.multipliers != 1) std::copy_n(given, conv.multipliers, multipliers);
  operands.multiplier = multipliers;
  conv.kernel(conv.shape, operands, call.begin, call.end);
  return RunCode::kOk;
}

// Channels by group, and the kernel with what its packed weights take.
struct Packed {
  std::size_t weights = 0, sums = 0, units = 0;
};
Status choose_kernel(const Binder& binder, const plan::ByteConvParams& params, ByteConv& conv,
                     Packed& packed) {
  const Operand& x = *binder.inputs[0];
  const Operand& y = *binder.outputs[0];
  ConvShape& shape = conv.shape;
  shape.batch = static_cast<std::size_t>(y.dim(0));
  shape.groups = params.groups;
  if (params.groups == 0 || x.dim(0) != y.dim(0) || x.dim(1) % params.groups != 0 ||
      y.dim(1) % params.groups != 0 || !is_blocked_bytes(x) ||
      !(is_blocked_bytes(y) || is_blocked_floats(y))) {
    return binder.error("its channels do not fit together");
  }
  shape.in_channels = static_cast<std::size_t>(x.dim(1)) / params.groups;
  shape.out_channels = static_cast<std::size_t>(y.dim(1)) / params.groups;
  // Both forms of packed weights have this many or more.
  if (!product_fits({shape.groups, blocks_of(shape.out_channels), shape.in_channels,
                     shape.depth.kernel, shape.height.kernel, shape.width.kernel},
                    binder.inputs[1]->bytes)) {
    return binder.error("its packed weights are not all there");
  }
  if (params.is_depthwise != 0) {
    if (shape.in_channels != 1 || shape.out_channels != 1)
      return binder.error("it is not depthwise");
    conv.kernel = byte_depthwise_kernels(binder.isa).blocked;
    packed = {packed_byte_depthwise_bytes(shape), 0, depthwise_units(shape)};
    return {};
  }
  if (params.groups != 1 && (shape.out_channels % 16 != 0 || shape.in_channels % 16 != 0))
    return binder.error("its groups do not fill blocks");
  conv.kernel = byte_conv_kernels(binder.isa).blocked;
  packed = {packed_byte_conv_bytes(shape), packed_byte_conv_sums(shape), conv_units(shape)};
  return {};
}

bool has_form_of(const Operand& operand, const Operand& other) {
  return operand.layout == other.layout &&
         std::equal(operand.dims.begin(), operand.dims.end(), other.dims.begin(), other.dims.end());
}

// What a convolution to floats has besides its weights.
Status bind_floats(Binder& binder, const plan::ByteConvParams& params, ByteConv& conv) {
  const auto input = [&](std::size_t i) {
    return binder.inputs.size() > i ? binder.inputs[i] : nullptr;
  };
  const Operand& x = *binder.inputs[0];
  const Operand* const multiplier = input(4);
  const Operand* const x_zero = input(6);
  const auto channels = static_cast<std::uint64_t>(binder.outputs[0]->dim(1));
  if (input(5) != nullptr || multiplier == nullptr || multiplier->dtype != DType::kFloat32 ||
      (multiplier->elements != 1 && multiplier->elements != channels) ||
      (x_zero != nullptr && (x_zero->dtype != x.dtype || x_zero->elements != 1))) {
    return binder.error(
        "its multiplier or zero point do not fit, or it is of a form that bytes have");
  }
  conv.channels = blocks_of(channels) * kConvBlock;
  conv.operands.float_bias = constant_of<float>(input(7), conv.channels);
  if (input(7) != nullptr && conv.operands.float_bias == nullptr)
    return binder.error("its bias does not fit");
  if (!is_byte(params.x_zero)) return binder.error("its zero point is out of range");
  conv.operands.x_zero = params.x_zero;
  conv.x = x.slot;
  conv.y = binder.outputs[0]->slot;
  conv.multiplier = multiplier->slot;
  conv.multipliers = multiplier->elements;
  conv.x_zero = x_zero == nullptr ? plan::kNoTensor : x_zero->slot;
  conv.flip = flip_of(x);
  return {};
}

}  // namespace

Status bind_byte_conv(Binder& binder) {
  TRY(binder.expect(2, 8, 1));
  const auto params = TRY(binder.params<plan::ByteConvParams>());
  const auto input = [&](std::size_t i) {
    return binder.inputs.size() > i ? binder.inputs[i] : nullptr;
  };
  const Operand& y = *binder.outputs[0];
  auto* const conv = binder.make<ByteConv>();
  TRY(read_windows(binder, params.axes,
                   {&conv->shape.depth, &conv->shape.height, &conv->shape.width}));
  Packed packed;
  TRY(choose_kernel(binder, params, *conv, packed));
  const auto channels = static_cast<std::size_t>((y.dim(1) + 15) / 16 * 16);
  ByteConvOperands& operands = conv->operands;
  operands.weights = constant_of<std::int8_t>(input(1), packed.weights);
  operands.tap_sums = constant_of<std::int32_t>(input(2), packed.sums);
  operands.bias = constant_of<std::int32_t>(input(3), channels);
  if (y.dtype == DType::kFloat32) {
    if (operands.weights == nullptr || (packed.sums != 0 && operands.tap_sums == nullptr) ||
        (input(3) != nullptr && operands.bias == nullptr)) {
      return binder.error("its weights or bias do not fit");
    }
    TRY(bind_floats(binder, params, *conv));
    binder.use(run_floats, conv, packed.units, conv->channels * sizeof(float));
    return {};
  }
  if (binder.inputs.size() > 6) return binder.error("it has inputs that only floats take");
  operands.multiplier = constant_of<float>(input(4), channels);
  const Operand* const residual = input(5);
  if (operands.weights == nullptr || (packed.sums != 0 && operands.tap_sums == nullptr) ||
      (input(3) != nullptr && operands.bias == nullptr) || operands.multiplier == nullptr ||
      (residual != nullptr && (!is_bytes(*residual) || !has_form_of(*residual, y)))) {
    return binder.error("its weights, bias, multiplier or residual do not fit");
  }
  if (!is_byte(params.x_zero) || !is_valid(params.y) || !is_valid(params.range) ||
      !are_multipliers(operands.multiplier, channels)) {
    return binder.error("its scales or zero points are out of range");
  }
  operands.x_zero = params.x_zero;
  operands.y_zero = params.y.zero;
  operands.low = params.range.low;
  operands.high = params.range.high;
  if (residual != nullptr) {
    if (!is_valid(params.residual) || !is_valid(params.sum) || !is_valid(params.sum_range))
      return binder.error("its residual's scales or zero points are out of range");
    operands.residual = {
        nullptr,          params.residual.zero, params.residual.scale, params.y.scale,
        params.sum.scale, params.sum.zero,      params.sum_range.low,  params.sum_range.high};
  }
  conv->x = binder.inputs[0]->slot;
  conv->residual = residual == nullptr ? plan::kNoTensor : residual->slot;
  conv->y = y.slot;
  binder.use(run, conv, packed.units);
  return {};
}

}  // namespace slipway::runtime
