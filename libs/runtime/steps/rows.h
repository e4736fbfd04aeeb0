// The bind function of each kernel, one file each in this folder.
#pragma once

#include "runtime/step.h"

namespace slipway::runtime {

Status bind_interpret(Binder& binder);
Status bind_copy(Binder& binder);
Status bind_unary(Binder& binder);
Status bind_chain(Binder& binder);
Status bind_attention_pack(Binder& binder);
Status bind_attention(Binder& binder);
Status bind_conv(Binder& binder);
Status bind_conv_pair(Binder& binder);
Status bind_conv_triple(Binder& binder);
Status bind_gemm(Binder& binder);
Status bind_matmul(Binder& binder);
Status bind_pool(Binder& binder);
Status bind_recurrent(Binder& binder);
Status bind_relayout(Binder& binder);
Status bind_trees(Binder& binder);
Status bind_view(Binder& binder);
Status bind_concat(Binder& binder);
Status bind_mapped(Binder& binder);
Status bind_gather(Binder& binder);
Status bind_gather_elements(Binder& binder);
Status bind_gather_blocks(Binder& binder);
Status bind_triangle(Binder& binder);
Status bind_reverse_sequences(Binder& binder);
Status bind_softmax(Binder& binder);
Status bind_hardmax(Binder& binder);
Status bind_layer_norm(Binder& binder);
Status bind_group_norm(Binder& binder);
Status bind_batch_norm(Binder& binder);
Status bind_reduce(Binder& binder);
Status bind_arg_extreme(Binder& binder);
Status bind_topk(Binder& binder);
Status bind_cumsum(Binder& binder);
Status bind_grid_sample(Binder& binder);
Status bind_scatter_elements(Binder& binder);
Status bind_scatter_blocks(Binder& binder);
Status bind_lrn(Binder& binder);
Status bind_resample(Binder& binder);
Status bind_compare(Binder& binder);
Status bind_where(Binder& binder);
Status bind_convert(Binder& binder);
Status bind_quantize(Binder& binder);
Status bind_dequantize(Binder& binder);
Status bind_dynamic_range(Binder& binder);
Status bind_tree_classes(Binder& binder);
Status bind_svm(Binder& binder);
Status bind_svm_classes(Binder& binder);
Status bind_distances(Binder& binder);
Status bind_column_products(Binder& binder);
Status bind_linear_classes(Binder& binder);
Status bind_normalizer(Binder& binder);
Status bind_whole(Binder& binder);
Status bind_look_up(Binder& binder);
Status bind_doubles(Binder& binder);
Status bind_logic(Binder& binder);
Status bind_byte_conv(Binder& binder);
Status bind_byte_product(Binder& binder);
Status bind_byte_table(Binder& binder);
Status bind_integer_product(Binder& binder);
Status bind_byte_chain(Binder& binder);
Status bind_byte_pool(Binder& binder);
Status bind_quantize_blocks(Binder& binder);
Status bind_dequantize_blocks(Binder& binder);
Status bind_columns(Binder& binder);
Status bind_take_columns(Binder& binder);
Status bind_push_columns(Binder& binder);

}  // namespace slipway::runtime
