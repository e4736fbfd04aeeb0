#include "ops/ml/post_transform.h"

#include <algorithm>

#include "kernels/numeric/float_math.h"

namespace slipway {
namespace {

template <typename T>
T probit(T probability) {
  const T x = T(2) * probability - T(1);
  const T product = (T(1) - x) * (T(1) + x);
  const T log = numeric::log(product);
  const T a = T(2) / (T(3.14159265358979323846) * T(0.147)) + T(0.5) * log;
  const T b = T(1) / T(0.147) * log;
  const T magnitude = numeric::sqrt(numeric::sqrt(a * a - b) - a);
  return T(1.41421356) * (x < T(0) ? -magnitude : magnitude);
}

template <typename T>
void softmax(std::span<T> scores, bool keep_zeros) {
  if (scores.empty()) return;
  const T largest = *std::max_element(scores.begin(), scores.end());
  T sum = 0;
  for (T& score : scores) {
    const bool is_zero = keep_zeros && score <= T(1e-7F) && score >= T(-1e-7F);
    score = is_zero ? score * numeric::exp(-largest) : numeric::exp(score - largest);
    sum += score;
  }
  for (T& score : scores) score = keep_zeros && sum == T(0) ? T(0.5) : score / sum;
}

template <typename T>
void apply(PostTransform transform, std::span<T> scores) {
  switch (transform) {
    case PostTransform::kNone:
      return;
    case PostTransform::kSoftmax:
      return softmax(scores, false);
    case PostTransform::kSoftmaxZero:
      return softmax(scores, true);
    case PostTransform::kLogistic:
      for (T& score : scores) score = numeric::sigmoid(score);
      return;
    case PostTransform::kProbit:
      for (T& score : scores) score = probit(score);
      return;
  }
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
  apply(transform, scores);
}

void apply_post_transform(PostTransform transform, std::span<double> scores) {
  apply(transform, scores);
}

void write_two_classes(PostTransform transform, bool is_probability, float score,
                       std::span<float> scores) {
  if (transform == PostTransform::kProbit) {
    scores[0] = 1.0F - probit(score);
    scores[1] = probit(score);
  } else if (transform == PostTransform::kLogistic) {
    scores[0] = numeric::sigmoid(-score);
    scores[1] = numeric::sigmoid(score);
  } else {
    scores[0] = is_probability ? 1.0F - score : -score;
    scores[1] = score;
  }
}

}  // namespace slipway
