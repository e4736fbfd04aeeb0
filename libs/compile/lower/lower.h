// The rules of rules.cc, one file per family in this folder.
#pragma once

#include "compile/rules.h"

namespace slipway::compile {

Result<Lowered> lower_arg_extreme(Lowering& lowering, std::size_t node);
Result<Lowered> lower_array_feature_extractor(Lowering& lowering, std::size_t node);
Result<Lowered> lower_attention_op(Lowering& lowering, std::size_t node);
Result<Lowered> lower_batch_norm(Lowering& lowering, std::size_t node);
Result<Lowered> lower_cast(Lowering& lowering, std::size_t node);
Result<Lowered> lower_compare(Lowering& lowering, std::size_t node);
Result<Lowered> lower_concat(Lowering& lowering, std::size_t node);
Result<Lowered> lower_conv(Lowering& lowering, std::size_t node);
Result<Lowered> lower_cumsum(Lowering& lowering, std::size_t node);
Result<Lowered> lower_depth_to_space(Lowering& lowering, std::size_t node);
Result<Lowered> lower_dynamic_quantize(Lowering& lowering, std::size_t node);
Result<Lowered> lower_elementwise(Lowering& lowering, std::size_t node);
Result<Lowered> lower_expand(Lowering& lowering, std::size_t node);
Result<Lowered> lower_gather(Lowering& lowering, std::size_t node);
Result<Lowered> lower_gather_elements(Lowering& lowering, std::size_t node);
Result<Lowered> lower_gather_nd(Lowering& lowering, std::size_t node);
Result<Lowered> lower_reverse_sequence(Lowering& lowering, std::size_t node);
Result<Lowered> lower_trilu(Lowering& lowering, std::size_t node);
Result<Lowered> lower_gemm(Lowering& lowering, std::size_t node);
Result<Lowered> lower_global_pool(Lowering& lowering, std::size_t node);
Result<Lowered> lower_grid_sample(Lowering& lowering, std::size_t node);
Result<Lowered> lower_group_norm(Lowering& lowering, std::size_t node);
Result<Lowered> lower_imputer(Lowering& lowering, std::size_t node);
Result<Lowered> lower_integer_conv(Lowering& lowering, std::size_t node);
Result<Lowered> lower_integer_matmul(Lowering& lowering, std::size_t node);
Result<Lowered> lower_is_nan(Lowering& lowering, std::size_t node);
Result<Lowered> lower_label_encoder(Lowering& lowering, std::size_t node);
Result<Lowered> lower_layer_norm(Lowering& lowering, std::size_t node);
Result<Lowered> lower_linear_classifier(Lowering& lowering, std::size_t node);
Result<Lowered> lower_linear_regressor(Lowering& lowering, std::size_t node);
Result<Lowered> lower_logic(Lowering& lowering, std::size_t node);
Result<Lowered> lower_lp_normalization(Lowering& lowering, std::size_t node);
Result<Lowered> lower_lrn(Lowering& lowering, std::size_t node);
Result<Lowered> lower_matmul(Lowering& lowering, std::size_t node);
Result<Lowered> lower_max_pool(Lowering& lowering, std::size_t node);
Result<Lowered> lower_normalizer(Lowering& lowering, std::size_t node);
Result<Lowered> lower_not(Lowering& lowering, std::size_t node);
Result<Lowered> lower_pad(Lowering& lowering, std::size_t node);
Result<Lowered> lower_plain_global_pool(Lowering& lowering, std::size_t node);
Result<Lowered> lower_pool(Lowering& lowering, std::size_t node);
Result<Lowered> lower_product(Lowering& lowering, std::size_t node);
Result<Lowered> lower_quantize(Lowering& lowering, std::size_t node);
Result<Lowered> lower_quantized_conv(Lowering& lowering, std::size_t node);
Result<Lowered> lower_quantized_matmul(Lowering& lowering, std::size_t node);
Result<Lowered> lower_recurrent(Lowering& lowering, std::size_t node);
Result<Lowered> lower_reduce(Lowering& lowering, std::size_t node);
Result<Lowered> lower_reshape(Lowering& lowering, std::size_t node);
Result<Lowered> lower_resize(Lowering& lowering, std::size_t node);
Result<Lowered> lower_scaler(Lowering& lowering, std::size_t node);
Result<Lowered> lower_scan(Lowering& lowering, std::size_t node);
Result<Lowered> lower_scatter_elements(Lowering& lowering, std::size_t node);
Result<Lowered> lower_scatter_nd(Lowering& lowering, std::size_t node);
Result<Lowered> lower_slice(Lowering& lowering, std::size_t node);
Result<Lowered> lower_softmax(Lowering& lowering, std::size_t node);
Result<Lowered> lower_space_to_depth(Lowering& lowering, std::size_t node);
Result<Lowered> lower_svm_classifier(Lowering& lowering, std::size_t node);
Result<Lowered> lower_svm_regressor(Lowering& lowering, std::size_t node);
Result<Lowered> lower_split(Lowering& lowering, std::size_t node);
Result<Lowered> lower_tile(Lowering& lowering, std::size_t node);
Result<Lowered> lower_topk(Lowering& lowering, std::size_t node);
Result<Lowered> lower_transpose(Lowering& lowering, std::size_t node);
Result<Lowered> lower_tree_classifier(Lowering& lowering, std::size_t node);
Result<Lowered> lower_tree_ensemble(Lowering& lowering, std::size_t node);
Result<Lowered> lower_tree_regressor(Lowering& lowering, std::size_t node);
Result<Lowered> lower_where(Lowering& lowering, std::size_t node);
Result<Lowered> lower_whole(Lowering& lowering, std::size_t node);

}  // namespace slipway::compile
