#include "kernels/trees/finish.h"

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
void softmax(T* scores, std::size_t count, bool keeps_zeros) {
  if (count == 0) return;
  const T largest = *std::max_element(scores, scores + count);
  T sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    T& score = scores[i];
    const bool is_zero = keeps_zeros && score <= T(1e-7F) && score >= T(-1e-7F);
    score = is_zero ? score * numeric::exp(-largest) : numeric::exp(score - largest);
    sum += score;
  }
  for (std::size_t i = 0; i < count; ++i)
    scores[i] = keeps_zeros && sum == T(0) ? T(0.5) : scores[i] / sum;
}

template <typename T>
void transform_all(TreeTransform transform, T* scores, std::size_t count) {
  switch (transform) {
    case TreeTransform::kNone:
    case TreeTransform::kCount:
      return;
    case TreeTransform::kSoftmax:
      return softmax(scores, count, false);
    case TreeTransform::kSoftmaxZero:
      return softmax(scores, count, true);
    case TreeTransform::kLogistic:
      for (std::size_t i = 0; i < count; ++i) scores[i] = numeric::sigmoid(scores[i]);
      return;
    case TreeTransform::kProbit:
      for (std::size_t i = 0; i < count; ++i) scores[i] = probit(scores[i]);
      return;
  }
}

// Above it the second of two classes is chosen.
template <typename T>
T threshold_of(const ClassRule& rule) {
  return rule.is_probability ? T(0.5F) : T(0);
}

template <typename T>
std::size_t finish_binary(const ClassRule& rule, const T* base, T score, float* out) {
  if (rule.base_count != 0) score += base[rule.base_count - 1];
  write_two_scores(rule.transform, rule.is_probability, static_cast<float>(score), out);
  return score > threshold_of<T>(rule) ? 1 : 0;
}

// The greatest score, the first of equals, among the classes with votes when any has; of two
// classes simply the greater.
template <typename T>
std::size_t choose(const ClassRule& rule, const T* value, const std::uint8_t* has_vote) {
  if (rule.classes == 2 && rule.is_second_only && rule.base_count == 0)
    return value[1] > threshold_of<T>(rule) ? 1 : 0;
  if (rule.classes == 2) return value[1] > value[0] ? 1 : 0;
  std::size_t best = rule.classes;
  for (std::size_t c = 0; c < rule.classes; ++c) {
    if (has_vote[c] != 0 && (best == rule.classes || value[c] > value[best])) best = c;
  }
  return best == rule.classes ? 0 : best;
}

template <typename T>
std::size_t finish(const ClassRule& rule, const T* base, T* value, std::uint8_t* has_vote,
                   float* out) {
  if (rule.is_binary) return finish_binary(rule, base, value[0], out);
  for (std::size_t c = 0; c < rule.base_count; ++c) {
    value[c] += base[c];
    has_vote[c] = 1;
  }
  const std::size_t best = choose(rule, value, has_vote);
  transform_all(rule.transform, value, rule.classes);
  for (std::size_t c = 0; c < rule.classes; ++c) out[c] = static_cast<float>(value[c]);
  return best;
}

}  // namespace

void transform_scores(TreeTransform transform, float* scores, std::size_t count) {
  transform_all(transform, scores, count);
}

void transform_scores(TreeTransform transform, double* scores, std::size_t count) {
  transform_all(transform, scores, count);
}

void write_two_scores(TreeTransform transform, bool is_probability, float score, float* scores) {
  if (transform == TreeTransform::kProbit) {
    scores[0] = 1.0F - probit(score);
    scores[1] = probit(score);
  } else if (transform == TreeTransform::kLogistic) {
    scores[0] = numeric::sigmoid(-score);
    scores[1] = numeric::sigmoid(score);
  } else {
    scores[0] = is_probability ? 1.0F - score : -score;
    scores[1] = score;
  }
}

std::size_t finish_classes(const ClassRule& rule, const float* base, float* value,
                           std::uint8_t* has_vote, float* out) {
  return finish(rule, base, value, has_vote, out);
}

std::size_t finish_classes(const ClassRule& rule, const double* base, double* value,
                           std::uint8_t* has_vote, float* out) {
  return finish(rule, base, value, has_vote, out);
}

}  // namespace slipway
