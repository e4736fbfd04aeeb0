#include "compile/rules.h"

#include "compile/lower/lower.h"
#include "ops/op.h"

namespace slipway::compile {
namespace {

// clang-format off: a row a line
constexpr Rule kRules[] = {
    {"And", "", lower_logic},
    {"ArgMax", "", lower_arg_extreme},
    {"ArgMin", "", lower_arg_extreme},
    {"Attention", "", lower_attention_op},
    {"ArrayFeatureExtractor", kMl, lower_array_feature_extractor},
    {"AveragePool", "", lower_pool},
    {"BatchNormalization", "", lower_batch_norm},
    {"Cast", "", lower_cast},
    {"CastLike", "", lower_cast},
    {"Concat", "", lower_concat},
    {"Conv", "", lower_conv},
    {"ConvInteger", "", lower_integer_conv},
    {"ConvTranspose", "", lower_conv},
    {"CumSum", "", lower_cumsum},
    {"DepthToSpace", "", lower_depth_to_space},
    {"DequantizeLinear", "", lower_quantize},
    {"DynamicQuantizeLinear", "", lower_dynamic_quantize},
    {"Equal", "", lower_compare},
    {"Expand", "", lower_expand},
    {"Flatten", "", lower_reshape},
    {"GRU", "", lower_recurrent},
    {"Gather", "", lower_gather},
    {"GatherElements", "", lower_gather_elements},
    {"GatherND", "", lower_gather_nd},
    {"Gemm", "", lower_gemm},
    {"GlobalAveragePool", "", lower_global_pool},
    {"GlobalMaxPool", "", lower_global_pool},
    {"Greater", "", lower_compare},
    {"GreaterOrEqual", "", lower_compare},
    {"GridSample", "", lower_grid_sample},
    {"GroupNormalization", "", lower_group_norm},
    {"Hardmax", "", lower_softmax},
    {"Identity", "", lower_reshape},
    {"Imputer", kMl, lower_imputer},
    {"InstanceNormalization", "", lower_group_norm},
    {"IsNaN", "", lower_is_nan},
    {"LRN", "", lower_lrn},
    {"LSTM", "", lower_recurrent},
    {"LabelEncoder", kMl, lower_label_encoder},
    {"LayerNormalization", "", lower_layer_norm},
    {"Less", "", lower_compare},
    {"LessOrEqual", "", lower_compare},
    {"LinearClassifier", kMl, lower_linear_classifier},
    {"LinearRegressor", kMl, lower_linear_regressor},
    {"LogSoftmax", "", lower_softmax},
    {"LpNormalization", "", lower_lp_normalization},
    {"MatMul", "", lower_matmul},
    {"MatMulInteger", "", lower_integer_matmul},
    {"MaxPool", "", lower_max_pool},
    {"Mul", "", lower_product},
    {"Normalizer", kMl, lower_normalizer},
    {"Not", "", lower_not},
    {"Or", "", lower_logic},
    {"Pad", "", lower_pad},
    {"QLinearConv", "", lower_quantized_conv},
    {"QLinearMatMul", "", lower_quantized_matmul},
    {"QuantizeLinear", "", lower_quantize},
    {"RMSNormalization", "", lower_layer_norm},
    {"RNN", "", lower_recurrent},
    {"ReduceL1", "", lower_reduce},
    {"ReduceL2", "", lower_reduce},
    {"ReduceLogSum", "", lower_reduce},
    {"ReduceLogSumExp", "", lower_reduce},
    {"ReduceMax", "", lower_reduce},
    {"ReduceMean", "", lower_reduce},
    {"ReduceMin", "", lower_reduce},
    {"ReduceProd", "", lower_reduce},
    {"ReduceSum", "", lower_reduce},
    {"ReduceSumSquare", "", lower_reduce},
    {"Reshape", "", lower_reshape},
    {"Resize", "", lower_resize},
    {"ReverseSequence", "", lower_reverse_sequence},
    {"Scaler", kMl, lower_scaler},
    {"Scan", "", lower_scan},
    {"Scatter", "", lower_scatter_elements},
    {"ScatterElements", "", lower_scatter_elements},
    {"ScatterND", "", lower_scatter_nd},
    {"Slice", "", lower_slice},
    {"Softmax", "", lower_softmax},
    {"SVMClassifier", kMl, lower_svm_classifier},
    {"SVMRegressor", kMl, lower_svm_regressor},
    {"SpaceToDepth", "", lower_space_to_depth},
    {"Split", "", lower_split},
    {"Squeeze", "", lower_reshape},
    {"Tile", "", lower_tile},
    {"TopK", "", lower_topk},
    {"Transpose", "", lower_transpose},
    {"TreeEnsemble", kMl, lower_tree_ensemble},
    {"TreeEnsembleClassifier", kMl, lower_tree_classifier},
    {"TreeEnsembleRegressor", kMl, lower_tree_regressor},
    {"Trilu", "", lower_trilu},
    {"Unsqueeze", "", lower_reshape},
    {"Upsample", "", lower_resize},
    {"Where", "", lower_where},
    {"Xor", "", lower_logic},
};
// clang-format on

// Every function of elementwise.cc.
constexpr Rule kElementwise = {"", "", lower_elementwise};

}  // namespace

std::span<const Rule> all_rules() { return kRules; }

const Rule* find_rule(const Node& node) {
  for (const Rule& rule : kRules) {
    if (rule.op == node.op && rule.domain == node.domain) return &rule;
  }
  return &kElementwise;
}

}  // namespace slipway::compile
