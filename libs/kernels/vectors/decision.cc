#include "kernels/vectors/decision.h"

#include <algorithm>
#include <cmath>

#include "kernels/numeric/float_math.h"

namespace slipway {
namespace {

// Class probabilities p from pairwise ones r[i][j] = P(i | i or j): minimises, over p that sum to
// 1, the sum of (r[j][i] p[i] - r[i][j] p[j])^2 (Wu, Lin and Weng, 2004, second approach), by their
// iteration. q has k * k elements, qp has k.
void couple(const double* r, std::size_t k, double* q, double* qp, double* p) {
  std::fill_n(q, k * k, 0.0);
  std::fill_n(p, k, 1.0 / static_cast<double>(k));
  for (std::size_t t = 0; t < k; ++t) {
    for (std::size_t j = 0; j < k; ++j) {
      if (j == t) continue;
      q[t * k + t] += r[j * k + t] * r[j * k + t];
      q[t * k + j] = -r[j * k + t] * r[t * k + j];
    }
  }
  const std::size_t max_rounds = std::max<std::size_t>(100, k);
  for (std::size_t round = 0; round < max_rounds; ++round) {
    double pqp = 0;
    for (std::size_t t = 0; t < k; ++t) {
      qp[t] = 0;
      for (std::size_t j = 0; j < k; ++j) qp[t] += q[t * k + j] * p[j];
      pqp += p[t] * qp[t];
    }
    double error = 0;
    for (std::size_t t = 0; t < k; ++t) error = std::max(error, std::fabs(qp[t] - pqp));
    if (error < 0.005 / static_cast<double>(k)) break;
    for (std::size_t t = 0; t < k; ++t) {
      const double step = (pqp - qp[t]) / q[t * k + t];
      p[t] += step;
      pqp = (pqp + step * (step * q[t * k + t] + 2 * qp[t])) / ((1 + step) * (1 + step));
      for (std::size_t j = 0; j < k; ++j) {
        qp[j] = (qp[j] + step * q[t * k + j]) / (1 + step);
        p[j] /= 1 + step;
      }
    }
  }
}

// Probabilities of the classes, [classes] at the end of `scratch`.
const double* probabilities(const DecisionRule& rule, const double* sums, double* scratch) {
  const std::size_t k = rule.classes;
  double* const r = scratch;
  double* const q = r + k * k;
  double* const qp = q + k * k;
  double* const p = qp + k;
  std::size_t pair = 0;
  for (std::size_t i = 0; i < k; ++i) {
    r[i * k + i] = 0;
    for (std::size_t j = i + 1; j < k; ++j, ++pair) {
      const double logit = sums[pair] * static_cast<double>(rule.prob_a[pair]) +
                           static_cast<double>(rule.prob_b[pair]);
      r[i * k + j] = std::clamp(numeric::sigmoid(-logit), 1e-7, 1 - 1e-7);
      r[j * k + i] = 1 - r[i * k + j];
    }
  }
  couple(r, k, q, qp, p);
  return p;
}

// Its counts of votes are kept in `votes`, one a class.
std::size_t most_votes(const DecisionRule& rule, const double* sums, double* votes) {
  const std::size_t k = rule.classes;
  std::fill_n(votes, k, 0.0);
  std::size_t pair = 0;
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = i + 1; j < k; ++j, ++pair) votes[sums[pair] > 0 ? i : j] += 1;
  }
  return static_cast<std::size_t>(std::max_element(votes, votes + k) - votes);
}

}  // namespace

std::size_t decision_scratch(const DecisionRule& rule) {
  const std::size_t k = rule.classes;
  return rule.prob_a == nullptr ? k : 2 * k * k + 2 * k;
}

std::size_t decide_class(const DecisionRule& rule, const double* sums, double* scratch,
                         float* scores) {
  const std::size_t best = most_votes(rule, sums, scratch);
  const double* const raw = rule.prob_a == nullptr ? sums : probabilities(rule, sums, scratch);
  const std::size_t width = rule.width();
  if (width != rule.score_count()) {
    write_two_scores(rule.transform, false, static_cast<float>(raw[0]), scores);
    return best;
  }
  for (std::size_t c = 0; c < width; ++c) scores[c] = static_cast<float>(raw[c]);
  transform_scores(rule.transform, scores, width);
  return best;
}

}  // namespace slipway
