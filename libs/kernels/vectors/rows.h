// Rows of scores: the choice of a class, what is done to all scores at the end, and division by a
// norm.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/simd/isa.h"
#include "kernels/trees/finish.h"

namespace slipway {

// How the scores of a linear classifier become a class.
struct LinearRule {
  TreeTransform transform = TreeTransform::kNone;
  std::size_t targets = 0;
  bool is_binary = false;  // one score, for the second of two classes

  std::size_t width() const { return is_binary ? 2 : targets; }
};

// The class of one row: of several scores the first of the highest, one score by its sign. One
// score s stands for 1 - s and s, or for -s and s where a transform follows. `to`, of width(), has
// the scores that are then to be transformed.
std::size_t choose_linear(const LinearRule& rule, const float* scores, float* to);

struct ClassScoreKernels {
  // transform_scores of each of the rows, in place.
  void (*transform)(TreeTransform transform, float* scores, std::size_t rows, std::size_t width);
};

const ClassScoreKernels& class_score_kernels(Isa isa);

enum class RowNorm : std::uint8_t { kMax, kL1, kL2, kTreeL1, kTreeL2, kCount };

// What a row is divided by: the largest element, the sum of magnitudes, or the square root of the
// sum of squares, each taken from left to right; a row whose divisor is zero stays as it is. Or
// these sums by the tree of numeric/lanes.h, as LpNormalization has them; a row whose divisor is
// zero becomes zeros. `to` may be `row`.
void divide_by_norm(RowNorm norm, std::span<const float> row, float* to);
void divide_by_norm(RowNorm norm, std::span<const double> row, double* to);

}  // namespace slipway
