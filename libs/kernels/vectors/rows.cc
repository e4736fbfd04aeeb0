#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/vectors/rows.cc"
#include "kernels/vectors/rows.h"

#include <algorithm>
#include <cmath>

#include "kernels/numeric/float_math.h"
#include "kernels/numeric/reduce.h"
#include "kernels/simd/dispatch.h"
#include "kernels/simd/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

constexpr std::size_t kMostScores = 64;  // of a row, where sixteen rows are taken together

// Sixteen rows side by side, one in each lane.
void softmax_abreast(float* scores, std::size_t width) {
  float column[kMostScores * kWide];
  for (std::size_t r = 0; r < kWide; ++r) {
    for (std::size_t c = 0; c < width; ++c) column[c * kWide + r] = scores[r * width + c];
  }
  F32x16 largest = load(column);
  for (std::size_t c = 1; c < width; ++c) {
    const F32x16 x = load(column + c * kWide);
    largest = select(greater(x, largest), x, largest);
  }
  F32x16 sum = zero();
  for (std::size_t c = 0; c < width; ++c) {
    const F32x16 e = exp(sub(load(column + c * kWide), largest));
    sum = add(sum, e);
    store(e, column + c * kWide);
  }
  for (std::size_t c = 0; c < width; ++c)
    store(div(load(column + c * kWide), sum), column + c * kWide);
  for (std::size_t r = 0; r < kWide; ++r) {
    for (std::size_t c = 0; c < width; ++c) scores[r * width + c] = column[c * kWide + r];
  }
}

void transform(TreeTransform transform, float* scores, std::size_t rows, std::size_t width) {
  if (transform == TreeTransform::kNone) return;
  if (transform == TreeTransform::kLogistic) {
    map_row(scores, scores, rows * width, [](F32x16 x) SLIPWAY_LAMBDA { return sigmoid(x); });
    return;
  }
  std::size_t row = 0;
  if (transform == TreeTransform::kSoftmax && width <= kMostScores) {
    for (; row + kWide <= rows; row += kWide) softmax_abreast(scores + row * width, width);
  }
  for (; row < rows; ++row) transform_scores(transform, scores + row * width, width);
}

constexpr ClassScoreKernels kTable = {transform};

}  // namespace
const ClassScoreKernels& class_score_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {

SLIPWAY_KERNELS(ClassScoreKernels, class_score_kernels, class_score_table)

namespace {

template <typename T>
T divisor(RowNorm norm, std::span<const T> row) {
  if (row.empty()) return T(0);
  if (norm == RowNorm::kTreeL1)
    return numeric::sum_of<T>(row.size(), [&](std::size_t i) { return std::fabs(row[i]); });
  if (norm == RowNorm::kTreeL2)
    return numeric::sqrt(numeric::sum_of_squares(row.data(), row.size()));
  if (norm == RowNorm::kMax) return *std::max_element(row.begin(), row.end());
  T sum = 0;
  for (const T x : row) sum += norm == RowNorm::kL1 ? std::fabs(x) : x * x;
  return norm == RowNorm::kL1 ? sum : numeric::sqrt(sum);
}

template <typename T>
void divide(RowNorm norm, std::span<const T> row, T* to) {
  const T by = divisor(norm, row);
  const bool is_tree = norm == RowNorm::kTreeL1 || norm == RowNorm::kTreeL2;
  for (std::size_t i = 0; i < row.size(); ++i)
    to[i] = by != T(0) ? row[i] / by : is_tree ? T(0) : row[i];
}

}  // namespace

std::size_t choose_linear(const LinearRule& rule, const float* scores, float* to) {
  std::size_t best = 0;
  if (rule.is_binary) {
    best = scores[0] > 0.0F ? 1 : 0;
    to[0] = rule.transform == TreeTransform::kNone ? 1.0F - scores[0] : -scores[0];
    to[1] = scores[0];
  } else {
    for (std::size_t c = 1; c < rule.targets; ++c) {
      if (scores[c] > scores[best]) best = c;
    }
    std::copy_n(scores, rule.targets, to);
  }
  return best;
}

void divide_by_norm(RowNorm norm, std::span<const float> row, float* to) { divide(norm, row, to); }

void divide_by_norm(RowNorm norm, std::span<const double> row, double* to) {
  divide(norm, row, to);
}

}  // namespace slipway
#endif
