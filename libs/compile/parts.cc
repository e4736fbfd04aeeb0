#include "compile/parts.h"

#include <cstring>
#include <optional>

#include "base/str.h"
#include "kernels/gemm/pack.h"
#include "plan/kernel_ids.h"
#include "plan/params.h"

namespace slipway::compile {
namespace {

template <typename P>
std::optional<P> params_of(const plan::Plan& plan, const plan::StepRecord& step) {
  P params;
  if (plan.params(step).size() != sizeof(P)) return std::nullopt;
  std::memcpy(&params, plan.params(step).data(), sizeof(P));
  return params;
}

bool is_narrow(std::uint32_t weight_type) {
  return weight_type != static_cast<std::uint32_t>(WeightType::kF32);
}

std::uint32_t bit(std::uint32_t number) { return number < 32 ? 1U << number : 0; }

// Kernels without an activation of their own. Of those that are in neither list all are taken.
bool has_no_activation(plan::KernelId kernel) {
  switch (kernel) {
    case plan::KernelId::kCopy:
    case plan::KernelId::kView:
    case plan::KernelId::kConcat:
    case plan::KernelId::kMapped:
    case plan::KernelId::kGather:
    case plan::KernelId::kGatherBlocks:
    case plan::KernelId::kTriangle:
    case plan::KernelId::kReverseSequences:
    case plan::KernelId::kRelayout:
    case plan::KernelId::kRecurrent:
    case plan::KernelId::kTrees:
    case plan::KernelId::kTreeClasses:
    case plan::KernelId::kSvm:
    case plan::KernelId::kSvmClasses:
    case plan::KernelId::kDistances:
    case plan::KernelId::kColumnProducts:
    case plan::KernelId::kLinearClasses:
    case plan::KernelId::kNormalizer:
    case plan::KernelId::kWhole:
    case plan::KernelId::kLookUp:
    case plan::KernelId::kDoubles:
    case plan::KernelId::kIntegerProduct:
    case plan::KernelId::kSoftmax:
    case plan::KernelId::kHardmax:
    case plan::KernelId::kReduce:
    case plan::KernelId::kTopK:
    case plan::KernelId::kCumSum:
    case plan::KernelId::kGridSample:
    case plan::KernelId::kScatterElements:
    case plan::KernelId::kScatterBlocks:
    case plan::KernelId::kLrn:
    case plan::KernelId::kPool:
    case plan::KernelId::kConvert:
      return true;
    default:
      return false;
  }
}

}  // namespace

Status Parts::add(const plan::Plan& plan) {
  for (const plan::StepRecord& step : plan.steps()) {
    const auto kernel = static_cast<plan::KernelId>(step.kernel);
    kernels.insert(step.kernel);
    if (kernel == plan::KernelId::kInterpret) {
      return Error{Code::kUnsupported,
                   str("step ", plan.text(step.name),
                       " runs by the reference implementation, which is the whole library: "
                       "'slipway inspect PLAN' lists such steps")};
    }
    if (has_no_activation(kernel)) {
      if (const auto layer = params_of<plan::RecurrentParams>(plan, step);
          layer && kernel == plan::KernelId::kRecurrent) {
        recurrent_kinds |= bit(layer->kind);
        has_narrow_weights |= is_narrow(layer->weight_type);
      }
    } else if (const auto product = params_of<plan::GemmParams>(plan, step);
               product && kernel == plan::KernelId::kGemm) {
      activations |= bit(product->activation.kind);
      has_narrow_weights |= is_narrow(product->weight_type);
    } else {
      activations = ~0U;
    }
  }
  return {};
}

std::string Parts::cmake_options() const {
  return str("-DSLIPWAY_ONLY_KERNELS=", join(kernels, ","),
             " -DSLIPWAY_ONLY_ACTIVATIONS=", activations,
             "U -DSLIPWAY_ONLY_RECURRENT=", recurrent_kinds,
             "U -DSLIPWAY_ONLY_NARROW_WEIGHTS=", has_narrow_weights ? 1 : 0);
}

}  // namespace slipway::compile
