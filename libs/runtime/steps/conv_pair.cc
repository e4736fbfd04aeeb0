#include "kernels/conv/conv_pair.h"

#include <algorithm>

#include "kernels/conv/conv_triple.h"
#include "kernels/conv/depthwise.h"
#include "kernels/conv/direct.h"
#include "runtime/steps/activation.h"
#include "runtime/steps/rows.h"
#include "runtime/steps/window.h"

namespace slipway::runtime {
namespace {

using plan::ConvKind;
using plan::Layout;

struct Pair {
  Isa isa;
  ConvPairShape shape;
  ConvPairOperands operands;  // without what a run gives
  std::uint32_t x, y;
};

struct Triple {
  Isa isa;
  ConvTripleShape shape;
  ConvTripleOperands operands;
  std::uint32_t x, residual, y;
};

RunCode run_triple(const void* context, const Call& call) {
  const Triple& triple = *static_cast<const Triple*>(context);
  ConvTripleOperands operands = triple.operands;
  operands.pair.first.x = call.at<const float>(triple.x);
  operands.third.y = call.at<float>(triple.y);
  if (triple.residual != plan::kNoTensor)
    operands.third.residual = call.at<const float>(triple.residual);
  run_conv_triple(triple.isa, triple.shape, operands, reinterpret_cast<float*>(call.scratch),
                  call.begin, call.end);
  return RunCode::kOk;
}

RunCode run(const void* context, const Call& call) {
  const Pair& pair = *static_cast<const Pair*>(context);
  ConvPairOperands operands = pair.operands;
  operands.first.x = call.at<const float>(pair.x);
  operands.second.y = call.at<float>(pair.y);
  run_conv_pair(pair.isa, pair.shape, operands, reinterpret_cast<float*>(call.scratch), call.begin,
                call.end);
  return RunCode::kOk;
}

Status read_shapes(const Binder& binder, const plan::ConvPairParams& params, ConvPairShape& shape) {
  const Operand& x = *binder.inputs[0];
  const Operand& y = *binder.outputs[0];
  const auto kind = static_cast<ConvKind>(params.first.kind);
  shape.is_plain = kind == ConvKind::kPlain;
  if (x.rank() != 4 || y.rank() != 4 || x.dtype != DType::kFloat32 || y.dtype != DType::kFloat32 ||
      x.elements == 0 || y.elements == 0 || x.dim(0) != y.dim(0) ||
      (kind != ConvKind::kPlain && kind != ConvKind::kBlocked) ||
      x.layout != (shape.is_plain ? Layout::kPlain : Layout::kBlocked16) ||
      y.layout != Layout::kBlocked16 ||
      std::ranges::find(params.middle, 0U) != std::end(params.middle)) {
    return binder.error("its input and output do not fit together");
  }
  ConvAxis* const first[] = {&shape.first.height, &shape.first.width};
  ConvAxis* const second[] = {&shape.second.height, &shape.second.width};
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t middle = params.middle[1 + i];
    TRY(read_axis(binder, params.first.axes[i], x.dim(2 + i), middle, *first[i]));
    TRY(read_axis(binder, params.second.axes[i], middle, y.dim(2 + i), *second[i]));
  }
  shape.first.batch = shape.second.batch = static_cast<std::size_t>(x.dim(0));
  shape.first.in_channels = static_cast<std::size_t>(x.dim(1));
  shape.first.out_channels = shape.second.groups = params.middle[0];
  // What bounds the scratch.
  const ConvAxis& height = shape.second.height;
  if (!product_fits({2 * blocks_of(params.middle[0]) * kConvBlock, shape.first.width.output,
                     (height.kernel - 1) * height.dilation + 1},
                    std::uint64_t{1} << 28) ||
      !product_fits({2 * blocks_of(params.middle[0]) * kConvBlock, shape.second.width.output},
                    std::uint64_t{1} << 28)) {
    return binder.error("its rows are too long");
  }
  return {};
}

// The operands at their places among the inputs; a kernel of that many positions and channels.
Status read_weights(const Binder& binder, std::size_t at, const ConvShape& shape,
                    std::size_t (*floats)(const ConvShape&), ConvOperands& operands) {
  const Operand* const weights = binder.inputs[at];
  const Operand* const bias = binder.inputs.size() > at + 1 ? binder.inputs[at + 1] : nullptr;
  const std::uint64_t channels =
      blocks_of(shape.groups * shape.out_channels) * std::uint64_t{kConvBlock};
  if (weights == nullptr || weights->constant == nullptr ||
      !product_fits({shape.groups, blocks_of(shape.out_channels), shape.in_channels,
                     shape.height.kernel, shape.width.kernel},
                    weights->bytes / sizeof(float)) ||
      weights->bytes / sizeof(float) < floats(shape) ||
      (bias != nullptr && (bias->constant == nullptr || bias->dtype != DType::kFloat32 ||
                           bias->elements < channels))) {
    return binder.error("its weights or biases do not fit");
  }
  operands.weights = reinterpret_cast<const float*>(weights->constant);
  if (bias != nullptr) operands.bias = reinterpret_cast<const float*>(bias->constant);
  return {};
}

}  // namespace

Status bind_conv_pair(Binder& binder) {
  TRY(binder.expect(2, 5, 1));
  if (binder.inputs.size() < 4) return binder.error("it has too few inputs");
  const auto params = TRY(binder.params<plan::ConvPairParams>());
  auto* const pair = binder.make<Pair>();
  TRY(read_shapes(binder, params, pair->shape));
  if (binder.outputs[0]->dim(1) != params.middle[0])
    return binder.error("its output has other channels");
  TRY(read_weights(binder, 1, pair->shape.first, packed_conv_floats, pair->operands.first));
  TRY(read_weights(binder, 3, pair->shape.second, packed_depthwise_floats, pair->operands.second));
  pair->operands.first.activation = TRY(activation_of(binder, params.first.activation));
  pair->operands.second.activation = TRY(activation_of(binder, params.second.activation));
  pair->isa = binder.isa;
  pair->x = binder.inputs[0]->slot;
  pair->y = binder.outputs[0]->slot;
  binder.use(run, pair, conv_pair_units(pair->shape),
             conv_pair_scratch_floats(pair->shape) * sizeof(float));
  return {};
}

Status bind_conv_triple(Binder& binder) {
  TRY(binder.expect(2, 8, 1));
  if (binder.inputs.size() < 6) return binder.error("it has too few inputs");
  const auto params = TRY(binder.params<plan::ConvTripleParams>());
  auto* const triple = binder.make<Triple>();
  ConvTripleShape& shape = triple->shape;
  ConvTripleOperands& operands = triple->operands;
  const Operand& y = *binder.outputs[0];
  TRY(read_shapes(binder, params.pair, shape.pair));
  shape.third.batch = shape.pair.first.batch;
  shape.third.in_channels = shape.pair.first.out_channels;
  shape.third.out_channels = static_cast<std::size_t>(y.dim(1));
  shape.third.height.input = shape.third.height.output = shape.pair.second.height.output;
  shape.third.width.input = shape.third.width.output = shape.pair.second.width.output;
  TRY(read_weights(binder, 1, shape.pair.first, packed_conv_floats, operands.pair.first));
  TRY(read_weights(binder, 3, shape.pair.second, packed_depthwise_floats, operands.pair.second));
  TRY(read_weights(binder, 5, shape.third, packed_conv_floats, operands.third));
  operands.pair.first.activation = TRY(activation_of(binder, params.pair.first.activation));
  operands.pair.second.activation = TRY(activation_of(binder, params.pair.second.activation));
  operands.third.activation = TRY(activation_of(binder, params.third.activation));
  operands.third.residual_is_last = params.third.residual_is_last != 0;
  const Operand* const residual = binder.inputs.size() > 7 ? binder.inputs[7] : nullptr;
  if (residual != nullptr &&
      (residual->dtype != y.dtype || residual->layout != y.layout ||
       !std::equal(residual->dims.begin(), residual->dims.end(), y.dims.begin(), y.dims.end()))) {
    return binder.error("its residual does not fit");
  }
  triple->isa = binder.isa;
  triple->x = binder.inputs[0]->slot;
  triple->residual = residual == nullptr ? plan::kNoTensor : residual->slot;
  triple->y = y.slot;
  binder.use(run_triple, triple, conv_triple_units(shape),
             conv_triple_scratch_floats(shape) * sizeof(float));
  return {};
}

}  // namespace slipway::runtime
