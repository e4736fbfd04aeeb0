// What follows the sums of a support vector classifier: votes of the pairs of classes, and class
// probabilities coupled from those of pairs. Plain C++ in double, the same on every instruction
// set.
#pragma once

#include <cstddef>

#include "kernels/trees/finish.h"

namespace slipway {

struct DecisionRule {
  TreeTransform transform = TreeTransform::kNone;
  std::size_t classes = 0;        // at least 2
  const float* prob_a = nullptr;  // null: no probabilities; else one a pair
  const float* prob_b = nullptr;

  std::size_t pairs() const { return classes * (classes - 1) / 2; }
  std::size_t score_count() const { return prob_a == nullptr ? pairs() : classes; }
  // Columns of the scores: one score of two classes stands for both.
  std::size_t width() const { return score_count() == 1 && classes == 2 ? 2 : score_count(); }
};

// Doubles of memory that decide_class needs besides its operands.
std::size_t decision_scratch(const DecisionRule& rule);

// The class of one row, that of most votes, the first of equals. `sums` has the decision of each
// pair (0 1, 0 2, ... 1 2, ...), above 0 for its first class; `scores`, width() of them, are the
// probabilities of the classes or, without, the decisions.
std::size_t decide_class(const DecisionRule& rule, const double* sums, double* scratch,
                         float* scores);

}  // namespace slipway
