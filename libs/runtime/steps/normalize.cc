#include "kernels/rows/normalize.h"

#include "kernels/conv/shape.h"
#include "plan/params.h"
#include "runtime/steps/activation.h"
#include "runtime/steps/extents.h"
#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

constexpr std::size_t kWork = 16;  // multiply-adds that an element is worth

const float* floats_at(const Call& call, std::uint32_t slot) {
  return slot == plan::kNoTensor ? nullptr : call.at<const float>(slot);
}

std::uint32_t slot_of(const Binder& binder, std::size_t input) {
  if (input >= binder.inputs.size() || binder.inputs[input] == nullptr) return plan::kNoTensor;
  return binder.inputs[input]->slot;
}

// Every input but the first that is there has `count` elements; the output is as large as the data.
Status expect_parameters(const Binder& binder, std::size_t count) {
  if (binder.inputs[0]->elements != binder.outputs[0]->elements) {
    return binder.error("its output has another size");
  }
  for (const Operand* operand : binder.inputs.subspan(1)) {
    if (operand != nullptr && operand->elements != count) {
      return binder.error("a parameter has the wrong number of elements");
    }
  }
  return {};
}

struct LayerNorm {
  decltype(NormalizeKernels::layer_norm) kernel;
  decltype(NormalizeKernels::written_norm) written;  // null: the kernel
  std::uint32_t from, scale, bias, to;
  std::size_t length;
  WrittenNorm form;
};

RunCode run_layer_norm(const void* context, const Call& call) {
  const LayerNorm& step = *static_cast<const LayerNorm*>(context);
  const std::size_t first = call.begin * step.length;
  const float* const from = call.at<const float>(step.from) + first;
  float* const to = call.at<float>(step.to) + first;
  const std::size_t rows = call.end - call.begin;
  const float* const scale = floats_at(call, step.scale);
  const float* const bias = floats_at(call, step.bias);
  if (step.written != nullptr) {
    step.written(from, to, rows, step.length, step.form, scale, bias);
  } else {
    step.kernel(from, to, rows, step.length, step.form.epsilon, scale, bias);
  }
  return RunCode::kOk;
}

struct GroupNorm {
  decltype(NormalizeKernels::group_norm) kernel;
  std::uint32_t from, scale, bias, to;
  std::size_t groups, group_channels, inner;
  float epsilon;
  bool is_per_group;
};

RunCode run_group_norm(const void* context, const Call& call) {
  const GroupNorm& step = *static_cast<const GroupNorm*>(context);
  const std::size_t first = call.begin * step.group_channels * step.inner;
  step.kernel(call.at<const float>(step.from) + first, call.at<float>(step.to) + first,
              call.end - call.begin, call.begin, step.groups, step.group_channels, step.inner,
              step.epsilon, call.at<const float>(step.scale), call.at<const float>(step.bias),
              step.is_per_group);
  return RunCode::kOk;
}

struct BatchNorm {
  decltype(NormalizeKernels::batch_norm) kernel;
  std::uint32_t from, scale, bias, mean, variance, to;
  std::size_t channels;            // of which each has parameters
  std::size_t planes, inner, row;  // planes of an image; positions and elements of one
  float epsilon;
  ActivationSpec activation;
};

RunCode run_batch_norm(const void* context, const Call& call) {
  const BatchNorm& step = *static_cast<const BatchNorm*>(context);
  auto* const factors = reinterpret_cast<float*>(call.scratch);
  batch_norm_factors(call.at<const float>(step.scale), call.at<const float>(step.variance),
                     step.epsilon, step.channels, factors);
  const std::size_t first = call.begin * step.row;
  step.kernel(call.at<const float>(step.from) + first, call.at<float>(step.to) + first,
              {call.end - call.begin, step.inner, call.begin, step.planes},
              call.at<const float>(step.mean), factors, call.at<const float>(step.bias),
              step.activation);
  return RunCode::kOk;
}

}  // namespace

// Layer and RMS normalisation of rows.
Status bind_layer_norm(Binder& binder) {
  TRY(binder.expect(1, 3, 1));
  TRY(binder.expect_plain());
  TRY(binder.expect_type(DType::kFloat32));
  const auto params = TRY(binder.params<plan::LayerNormParams>());
  const Operand& from = *binder.inputs[0];
  if (params.axis > from.rank()) return binder.error("it names an axis that does not exist");
  if (params.flags > plan::kAllNormFlags) return binder.error("it has an unknown form");
  if (from.elements == 0) {
    TRY(expect_parameters(binder, 0));
    use_nothing(binder);
    return {};
  }
  const std::size_t length = extent_between(from, params.axis, from.rank());
  TRY(expect_parameters(binder, length));
  const NormalizeKernels& kernels = normalize_kernels(binder.isa);
  auto* const step = binder.make<LayerNorm>();
  const bool is_rms = (params.flags & plan::kIsRms) != 0;
  *step = {is_rms ? kernels.rms_norm : kernels.layer_norm,
           (params.flags & plan::kIsWritten) != 0 ? kernels.written_norm : nullptr,
           from.slot,
           slot_of(binder, 1),
           slot_of(binder, 2),
           binder.outputs[0]->slot,
           length,
           {is_rms, (params.flags & plan::kIsQuotient) != 0, params.epsilon}};
  binder.work = from.elements * kWork;
  binder.use(run_layer_norm, step, from.elements / length);
  return {};
}

// Group and instance normalisation.
Status bind_group_norm(Binder& binder) {
  TRY(binder.expect(3, 3, 1));
  TRY(binder.expect_plain());
  TRY(binder.expect_type(DType::kFloat32));
  const auto params = TRY(binder.params<plan::GroupNormParams>());
  const Operand& from = *binder.inputs[0];
  if (from.rank() < 2 || params.groups == 0 || from.dim(1) % params.groups != 0) {
    return binder.error("its groups do not divide its channels");
  }
  const auto channels = static_cast<std::size_t>(from.dim(1));
  TRY(expect_parameters(binder, params.is_per_group != 0 ? params.groups : channels));
  if (from.elements == 0) {
    use_nothing(binder);
    return {};
  }
  auto* const step = binder.make<GroupNorm>();
  *step = {normalize_kernels(binder.isa).group_norm,
           from.slot,
           binder.inputs[1]->slot,
           binder.inputs[2]->slot,
           binder.outputs[0]->slot,
           params.groups,
           channels / params.groups,
           extent_between(from, 2, from.rank()),
           params.epsilon,
           params.is_per_group != 0};
  binder.work = from.elements * kWork;
  binder.use(run_group_norm, step, static_cast<std::size_t>(from.dim(0)) * params.groups);
  return {};
}

// Batch normalisation by given statistics.
Status bind_batch_norm(Binder& binder) {
  TRY(binder.expect(5, 5, 1));
  TRY(binder.expect_type(DType::kFloat32));
  const auto params = TRY(binder.params<plan::BatchNormParams>());
  const Operand& from = *binder.inputs[0];
  if (params.axis > params.end || params.end > from.rank()) {
    return binder.error("it names axes that do not exist");
  }
  const bool is_blocked = from.layout == plan::Layout::kBlocked16;
  if (from.layout != binder.outputs[0]->layout ||
      (is_blocked && (params.axis != 1 || params.end != 2))) {
    return binder.error("its input and output do not fit together");
  }
  const ActivationSpec activation = TRY(activation_of(binder, params.activation));
  if (from.elements == 0 && binder.outputs[0]->elements == 0) {
    use_nothing(binder);
    return {};
  }
  const Extents extents = extents_around(from, params.axis, params.end);
  const std::size_t planes = is_blocked ? blocks_of(extents.length) : extents.length;
  const std::size_t channels = is_blocked ? planes * kConvBlock : planes;
  TRY(expect_parameters(binder, channels));
  const NormalizeKernels& kernels = normalize_kernels(binder.isa);
  auto* const step = binder.make<BatchNorm>();
  *step = {is_blocked ? kernels.batch_norm_blocks : kernels.batch_norm,
           from.slot,
           binder.inputs[1]->slot,
           binder.inputs[2]->slot,
           binder.inputs[3]->slot,
           binder.inputs[4]->slot,
           binder.outputs[0]->slot,
           channels,
           planes,
           extents.inner,
           is_blocked ? extents.inner * kConvBlock : extents.inner,
           params.epsilon,
           activation};
  binder.work = from.elements * kWork;
  binder.use(run_batch_norm, step, extents.outer * planes, channels * sizeof(float));
  return {};
}

}  // namespace slipway::runtime
