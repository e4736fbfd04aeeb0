#include "ops/ml/post_transform.h"

#include "kernels/trees/finish.h"

namespace slipway {
namespace {

static_assert(static_cast<int>(PostTransform::kProbit) == static_cast<int>(TreeTransform::kProbit));

TreeTransform kernel_transform(PostTransform transform) {
  return static_cast<TreeTransform>(transform);
}

}  // namespace

Result<PostTransform> read_post_transform(const NodeView& view) {
  const std::string text = view.get_string("post_transform", "NONE");
  if (text.empty() || text == "NONE") return PostTransform::kNone;
  if (text == "SOFTMAX") return PostTransform::kSoftmax;
  if (text == "LOGISTIC") return PostTransform::kLogistic;
  if (text == "SOFTMAX_ZERO") return PostTransform::kSoftmaxZero;
  if (text == "PROBIT") return PostTransform::kProbit;
  return view.fail("post_transform is '", text,
                   "': use NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO or PROBIT");
}

void apply_post_transform(PostTransform transform, std::span<float> scores) {
  transform_scores(kernel_transform(transform), scores.data(), scores.size());
}

void apply_post_transform(PostTransform transform, std::span<double> scores) {
  transform_scores(kernel_transform(transform), scores.data(), scores.size());
}

void write_two_classes(PostTransform transform, bool is_probability, float score,
                       std::span<float> scores) {
  write_two_scores(kernel_transform(transform), is_probability, score, scores.data());
}

}  // namespace slipway
