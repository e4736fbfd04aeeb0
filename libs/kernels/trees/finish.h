// What follows the votes of a tree ensemble: base values, post transforms, the choice of a class.
// Plain C++, the same on every instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace slipway {

enum class TreeTransform : std::uint8_t {
  kNone,
  kSoftmax,      // exp(x - max) / sum
  kLogistic,     // 1 / (1 + exp(-x))
  kSoftmaxZero,  // as softmax, where scores within 1e-7 of zero become x * exp(-max)
  kProbit,       // sqrt(2) * erfinv(2 x - 1), erfinv by Winitzki's formula with a = 0.147
  kCount,
};

// One row of scores, in place.
void transform_scores(TreeTransform transform, float* scores, std::size_t count);
void transform_scores(TreeTransform transform, double* scores, std::size_t count);

// Scores of a model of two classes that has one score, for the second: both classes. LOGISTIC:
// logistic(-s) and logistic(s); else 1 - s and s where s is a probability, -s and s where not.
void write_two_scores(TreeTransform transform, bool is_probability, float score, float* scores);

// How a row of votes becomes a class.
struct ClassRule {
  TreeTransform transform = TreeTransform::kNone;
  std::size_t classes = 0;
  bool is_binary = false;       // two classes, one score: the first's votes are the second's score
  bool is_second_only = false;  // of two classes all votes go to the second
  bool is_probability = false;  // no negative weight
  std::size_t base_count = 0;   // base values, at most one a class
};

// The class of one row; scores of all classes go to `out`. value and has_vote are the row's votes,
// one a class or, where is_binary, one in all; they are overwritten. base has base_count elements.
std::size_t finish_classes(const ClassRule& rule, const float* base, float* value,
                           std::uint8_t* has_vote, float* out);
std::size_t finish_classes(const ClassRule& rule, const double* base, double* value,
                           std::uint8_t* has_vote, float* out);

}  // namespace slipway
