// Every operator, one line a file. To add one: write libs/ops/<family>/<name>.cc with a function
// that returns its rows, and name the function here.
#include "ops/list.h"

#include "ops/op.h"

namespace slipway {

#define SLIPWAY_OP_FILES(X)      \
  X(activation_ops)              \
  X(arg_extreme_ops)             \
  X(arithmetic_ops)              \
  X(array_feature_extractor_ops) \
  X(binarizer_ops)               \
  X(cast_ops)                    \
  X(cumulative_ops)              \
  X(dequantize_linear_ops)       \
  X(dynamic_quantize_linear_ops) \
  X(exact_unary_ops)             \
  X(feature_vectorizer_ops)      \
  X(identity_ops)                \
  X(imputer_ops)                 \
  X(label_encoder_ops)           \
  X(logical_ops)                 \
  X(map_ops)                     \
  X(normalizer_ops)              \
  X(one_hot_encoder_ops)         \
  X(pow_ops)                     \
  X(predicate_ops)               \
  X(quantize_linear_ops)         \
  X(reduce_ops)                  \
  X(scaler_ops)                  \
  X(select_ops)                  \
  X(softmax_ops)                 \
  X(svm_ops)                     \
  X(tree_ensemble_ops)           \
  X(unary_ops)                   \
  X(variadic_ops)

#define DECLARE(function) std::vector<Op> function();
SLIPWAY_OP_FILES(DECLARE)
#undef DECLARE

std::vector<Op> list_all_ops() {
  std::vector<Op> rows;
#define APPEND(function) \
  for (Op & op : function()) rows.push_back(std::move(op));
  SLIPWAY_OP_FILES(APPEND)
#undef APPEND
  return rows;
}

}  // namespace slipway
