#include "kernels/vectors/rows.h"

#include <algorithm>
#include <cmath>

#include "kernels/numeric/float_math.h"

namespace slipway {
namespace {

template <typename T>
T divisor(RowNorm norm, std::span<const T> row) {
  if (row.empty()) return T(0);
  if (norm == RowNorm::kMax) return *std::max_element(row.begin(), row.end());
  T sum = 0;
  for (const T x : row) sum += norm == RowNorm::kL1 ? std::fabs(x) : x * x;
  return norm == RowNorm::kL1 ? sum : numeric::sqrt(sum);
}

template <typename T>
void divide(RowNorm norm, std::span<const T> row, T* to) {
  const T by = divisor(norm, row);
  for (std::size_t i = 0; i < row.size(); ++i) to[i] = by == T(0) ? row[i] : row[i] / by;
}

}  // namespace

std::size_t finish_linear(const LinearRule& rule, const float* scores, float* to) {
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
  transform_scores(rule.transform, to, rule.width());
  return best;
}

void divide_by_norm(RowNorm norm, std::span<const float> row, float* to) { divide(norm, row, to); }

void divide_by_norm(RowNorm norm, std::span<const double> row, double* to) {
  divide(norm, row, to);
}

}  // namespace slipway
