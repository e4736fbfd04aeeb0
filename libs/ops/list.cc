// Every operator, one line a file. To add one: write libs/ops/<family>/<name>.cc with a function
// that returns its rows, and name the function here.
#include "ops/list.h"

#include "ops/op.h"

namespace slipway {

#define SLIPWAY_OP_FILES(X)          \
  X(activation_ops)                  \
  X(arg_extreme_ops)                 \
  X(arithmetic_ops)                  \
  X(array_feature_extractor_ops)     \
  X(attention_ops)                   \
  X(average_pool_ops)                \
  X(batch_normalization_ops)         \
  X(binarizer_ops)                   \
  X(cast_ops)                        \
  X(causal_conv_ops)                 \
  X(center_crop_pad_ops)             \
  X(col2im_ops)                      \
  X(concat_ops)                      \
  X(constant_ops)                    \
  X(conv_ops)                        \
  X(conv_transpose_ops)              \
  X(cumulative_ops)                  \
  X(deform_conv_ops)                 \
  X(depth_to_space_ops)              \
  X(dequantize_linear_ops)           \
  X(det_ops)                         \
  X(dft_ops)                         \
  X(distribution_ops)                \
  X(dropout_ops)                     \
  X(dynamic_quantize_linear_ops)     \
  X(einsum_ops)                      \
  X(exact_unary_ops)                 \
  X(expand_ops)                      \
  X(feature_vectorizer_ops)          \
  X(flatten_ops)                     \
  X(flex_attention_ops)              \
  X(gather_ops)                      \
  X(gemm_ops)                        \
  X(grid_sample_ops)                 \
  X(gru_ops)                         \
  X(identity_ops)                    \
  X(if_ops)                          \
  X(image_decoder_ops)               \
  X(imputer_ops)                     \
  X(instance_normalization_ops)      \
  X(label_encoder_ops)               \
  X(layer_normalization_ops)         \
  X(linear_attention_ops)            \
  X(linear_ops)                      \
  X(logical_ops)                     \
  X(loop_ops)                        \
  X(loss_ops)                        \
  X(lp_normalization_ops)            \
  X(lp_pool_ops)                     \
  X(lrn_ops)                         \
  X(lstm_ops)                        \
  X(map_ops)                         \
  X(matmul_ops)                      \
  X(max_pool_ops)                    \
  X(max_unpool_ops)                  \
  X(mean_variance_normalization_ops) \
  X(non_max_suppression_ops)         \
  X(nonzero_ops)                     \
  X(normalizer_ops)                  \
  X(one_hot_encoder_ops)             \
  X(one_hot_ops)                     \
  X(optimizer_ops)                   \
  X(optional_ops)                    \
  X(pad_ops)                         \
  X(pow_ops)                         \
  X(predicate_ops)                   \
  X(quantize_linear_ops)             \
  X(quantized_conv_ops)              \
  X(quantized_matmul_ops)            \
  X(range_ops)                       \
  X(reduce_ops)                      \
  X(regex_full_match_ops)            \
  X(reshape_ops)                     \
  X(resize_ops)                      \
  X(reverse_sequence_ops)            \
  X(rnn_ops)                         \
  X(roi_ops)                         \
  X(rotary_embedding_ops)            \
  X(sampling_ops)                    \
  X(scaler_ops)                      \
  X(scan_ops)                        \
  X(scatter_ops)                     \
  X(select_ops)                      \
  X(sequence_map_ops)                \
  X(sequence_ops)                    \
  X(shape_ops)                       \
  X(slice_ops)                       \
  X(softmax_ops)                     \
  X(split_ops)                       \
  X(split_to_sequence_ops)           \
  X(squeeze_ops)                     \
  X(string_normalizer_ops)           \
  X(strings_ops)                     \
  X(svm_ops)                         \
  X(tensor_scatter_ops)              \
  X(tfidf_vectorizer_ops)            \
  X(tokenizer_ops)                   \
  X(topk_ops)                        \
  X(transpose_ops)                   \
  X(tree_ensemble_ops)               \
  X(trilu_ops)                       \
  X(unary_ops)                       \
  X(unique_ops)                      \
  X(variadic_ops)                    \
  X(window_ops)

#define DECLARE(function) std::vector<Op> function();
SLIPWAY_OP_FILES(DECLARE)
#undef DECLARE

namespace {
void append(std::vector<Op> some, std::vector<Op>& rows) {
  for (Op& op : some) rows.push_back(std::move(op));
}
}  // namespace

std::vector<Op> list_all_ops() {
  std::vector<Op> rows;
#define APPEND(function) append(function(), rows);
  SLIPWAY_OP_FILES(APPEND)
#undef APPEND
  return rows;
}

}  // namespace slipway
