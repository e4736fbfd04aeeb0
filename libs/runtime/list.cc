#include "runtime/list.h"

#include <algorithm>
#include <array>

#include "runtime/steps/rows.h"

namespace slipway::runtime {
namespace {

using plan::KernelId;

constexpr bool kInPlace = true;

constexpr StepKernel kAll[] = {
    {KernelId::kInterpret, "interpret", bind_interpret},
    {KernelId::kCopy, "copy", bind_copy, kInPlace},
    {KernelId::kUnary, "unary", bind_unary, kInPlace},
    {KernelId::kRelayout, "relayout", bind_relayout},
    {KernelId::kChain, "chain", bind_chain, kInPlace},
    {KernelId::kGemm, "gemm", bind_gemm},
    {KernelId::kTrees, "trees", bind_trees},
    {KernelId::kConv, "conv", bind_conv},
    {KernelId::kConvPair, "conv pair", bind_conv_pair},
    {KernelId::kConvTriple, "conv triple", bind_conv_triple},
    {KernelId::kPool, "pool", bind_pool},
    {KernelId::kMatMul, "matmul", bind_matmul},
    {KernelId::kAttentionPack, "attention pack", bind_attention_pack},
    {KernelId::kAttention, "attention", bind_attention},
    {KernelId::kView, "view", bind_view},
    {KernelId::kConcat, "concat", bind_concat},
    {KernelId::kMapped, "mapped", bind_mapped},
    {KernelId::kGather, "gather", bind_gather},
    {KernelId::kGatherElements, "gather elements", bind_gather_elements},
    {KernelId::kSoftmax, "softmax", bind_softmax, kInPlace},
    {KernelId::kHardmax, "hardmax", bind_hardmax, kInPlace},
    {KernelId::kLayerNorm, "layer norm", bind_layer_norm, kInPlace},
    {KernelId::kGroupNorm, "group norm", bind_group_norm, kInPlace},
    {KernelId::kBatchNorm, "batch norm", bind_batch_norm, kInPlace},
    {KernelId::kReduce, "reduce", bind_reduce},
    {KernelId::kArgExtreme, "arg extreme", bind_arg_extreme},
    {KernelId::kTopK, "topk", bind_topk},
    {KernelId::kCumSum, "cumsum", bind_cumsum, kInPlace},
    {KernelId::kGridSample, "grid sample", bind_grid_sample},
    {KernelId::kScatterElements, "scatter elements", bind_scatter_elements},
    {KernelId::kScatterBlocks, "scatter blocks", bind_scatter_blocks},
    {KernelId::kGatherBlocks, "gather blocks", bind_gather_blocks},
    {KernelId::kTriangle, "triangle", bind_triangle},
    {KernelId::kReverseSequences, "reverse sequences", bind_reverse_sequences},
    {KernelId::kLrn, "lrn", bind_lrn},
    {KernelId::kResample, "resample", bind_resample},
    {KernelId::kCompare, "compare", bind_compare},
    {KernelId::kWhere, "where", bind_where},
    {KernelId::kRecurrent, "recurrent", bind_recurrent},
    {KernelId::kConvert, "convert", bind_convert},
    {KernelId::kQuantize, "quantize", bind_quantize},
    {KernelId::kDequantize, "dequantize", bind_dequantize},
    {KernelId::kTreeClasses, "tree classes", bind_tree_classes},
    {KernelId::kSvm, "svm", bind_svm},
    {KernelId::kSvmClasses, "svm classes", bind_svm_classes},
    {KernelId::kDistances, "distances", bind_distances},
    {KernelId::kColumnProducts, "column products", bind_column_products},
    {KernelId::kLinearClasses, "linear classes", bind_linear_classes},
    {KernelId::kNormalizer, "normalizer", bind_normalizer, kInPlace},
    {KernelId::kWhole, "whole numbers", bind_whole},
    {KernelId::kLookUp, "look up", bind_look_up},
    {KernelId::kDoubles, "doubles", bind_doubles},
    {KernelId::kLogic, "logic", bind_logic},
    {KernelId::kByteConv, "byte conv", bind_byte_conv},
    {KernelId::kByteProduct, "byte product", bind_byte_product},
    {KernelId::kByteTable, "byte table", bind_byte_table, kInPlace},
    {KernelId::kByteChain, "byte chain", bind_byte_chain, kInPlace},
    {KernelId::kDynamicRange, "dynamic range", bind_dynamic_range},
    {KernelId::kIntegerProduct, "integer product", bind_integer_product},
    {KernelId::kBytePool, "byte pool", bind_byte_pool},
    {KernelId::kQuantizeBlocks, "quantize blocks", bind_quantize_blocks},
    {KernelId::kDequantizeBlocks, "dequantize blocks", bind_dequantize_blocks},
    {KernelId::kColumns, "columns", bind_columns},
    {KernelId::kTakeColumns, "take columns", bind_take_columns},
    {KernelId::kPushColumns, "push columns", bind_push_columns},
};

#ifdef SLIPWAY_ONLY_KERNELS  // a build for named models: kernels/only.h
constexpr unsigned kOnly[] = {SLIPWAY_ONLY_KERNELS};
constexpr bool is_here(const StepKernel& kernel) {
  return std::ranges::find(kOnly, static_cast<unsigned>(kernel.id)) != std::ranges::end(kOnly);
}
constexpr auto kKernels = [] {
  std::array<StepKernel, std::ranges::count_if(kAll, is_here)> here{};
  std::ranges::copy_if(kAll, here.begin(), is_here);
  return here;
}();
#else
constexpr std::span<const StepKernel> kKernels = kAll;
#endif

}  // namespace

std::span<const StepKernel> all_kernels() { return kKernels; }

const StepKernel* find_kernel(plan::KernelId id) {
  for (const StepKernel& kernel : kKernels) {
    if (kernel.id == id) return &kernel;
  }
  return nullptr;
}

}  // namespace slipway::runtime
