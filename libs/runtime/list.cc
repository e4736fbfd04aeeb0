#include "runtime/list.h"

#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

using plan::KernelId;

constexpr bool kInPlace = true;

constexpr StepKernel kKernels[] = {
    {KernelId::kInterpret, "interpret", bind_interpret},
    {KernelId::kCopy, "copy", bind_copy, kInPlace},
    {KernelId::kUnary, "unary", bind_unary, kInPlace},
    {KernelId::kRelayout, "relayout", bind_relayout},
    {KernelId::kChain, "chain", bind_chain, kInPlace},
    {KernelId::kGemm, "gemm", bind_gemm},
    {KernelId::kTrees, "trees", bind_trees},
    {KernelId::kConv, "conv", bind_conv},
    {KernelId::kPool, "pool", bind_pool},
    {KernelId::kMatMul, "matmul", bind_matmul},
    {KernelId::kAttentionPack, "attention pack", bind_attention_pack},
    {KernelId::kAttention, "attention", bind_attention},
};

}  // namespace

std::span<const StepKernel> all_kernels() { return kKernels; }

const StepKernel* find_kernel(plan::KernelId id) {
  for (const StepKernel& kernel : kKernels) {
    if (kernel.id == id) return &kernel;
  }
  return nullptr;
}

}  // namespace slipway::runtime
