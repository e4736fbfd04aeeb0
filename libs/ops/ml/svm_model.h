// What the attributes of SVMClassifier and SVMRegressor describe, for the reference implementation
// and for plans.
#pragma once

#include <vector>

#include "kernels/vectors/svm.h"
#include "ops/ml/post_transform.h"
#include "ops/node_view.h"

namespace slipway {

struct SvmModel {
  SvmFunction function;
  PostTransform transform = PostTransform::kNone;
  std::size_t classes = 1;  // 1 for a regressor
  std::size_t columns = 0;
  // Where each class's vectors begin, and the end: multiples of 16 (kernels/vectors/svm.h). Empty
  // where there are no vectors: the coefficients are planes, [classes, columns].
  std::vector<std::int32_t> first;
  std::vector<float> vectors;       // [vector_count, columns]
  std::vector<float> coefficients;  // [1 or classes - 1, vector_count]
  std::vector<float> rho;           // one a pair of classes, or a single one
  std::vector<float> prob_a;        // one a pair, or none
  std::vector<float> prob_b;

  bool has_vectors() const { return !first.empty(); }
  std::size_t vector_count() const {
    return first.empty() ? 0 : static_cast<std::size_t>(first.back());
  }
  std::size_t pairs() const { return classes * (classes - 1) / 2; }
  SvmWeights weights() const {
    return {classes, first.data(), vector_count(), coefficients.data(), rho.data()};
  }
};

// `classes` is the number of labels, or 0.
Result<SvmModel> read_svm_classifier(const NodeView& view, std::size_t classes,
                                     std::int64_t columns);
Result<SvmModel> read_svm_regressor(const NodeView& view, std::int64_t columns);

}  // namespace slipway
