#include "measure/early_stopping.h"

#include <cmath>

namespace slipway::measure {
namespace {

// std::lgamma writes a global; several sessions may be judged at once.
double log_gamma(double x) {
  int sign = 0;
  return lgamma_r(x, &sign);
}

// The continued fraction of I_x(a, b) by Lentz's method: Press et al., Numerical Recipes, 6.4.
double fraction(double x, double a, double b) {
  constexpr int kMostTerms = 100'000;
  constexpr double kTiny = 1e-300;
  const auto away_from_0 = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1;
  double d = 1 / away_from_0(1 - (a + b) * x / (a + 1));
  double product = d;
  for (int term = 1; term < kMostTerms; ++term) {
    const double m = term;
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_0(1 + even * d);
    c = away_from_0(1 + even / c);
    product *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_0(1 + odd * d);
    c = away_from_0(1 + odd / c);
    product *= d * c;
    if (std::abs(d * c - 1) < 1e-15) break;
  }
  return product;
}

// I_share(h, t + 1), where it is not above the limit.
bool is_enough(double share, std::uint64_t within, std::uint64_t over, double confidence) {
  return incomplete_beta(share, static_cast<double>(within), static_cast<double>(over) + 1) <=
         1 - confidence;
}

}  // namespace

double incomplete_beta(double x, double a, double b) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) +
                                b * std::log1p(-x));
  // The fraction converges fast on one side of the mean; the other side is its mirror.
  if (x < (a + 1) / (a + b + 2)) return front * fraction(x, a, b) / a;
  return 1 - front * fraction(1 - x, b, a) / b;
}

std::uint64_t least_within(double share, std::uint64_t over, double confidence) {
  std::uint64_t high = 1;
  while (!is_enough(share, high, over, confidence)) high *= 2;
  std::uint64_t low = high / 2;  // too few
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (is_enough(share, middle, over, confidence) ? high : low) = middle;
  }
  return high;
}

std::optional<std::uint64_t> discarded(double share, std::uint64_t queries, double confidence) {
  const auto allows = [&](std::uint64_t over) {
    return over < queries && is_enough(share, queries - over, over, confidence);
  };
  if (!allows(1)) return std::nullopt;
  std::uint64_t low = 1;  // allowed
  std::uint64_t high = queries;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (allows(middle) ? low : high) = middle;
  }
  return low - 1;
}

}  // namespace slipway::measure
