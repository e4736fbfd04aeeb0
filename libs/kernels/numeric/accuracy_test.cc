// Measures float against double arithmetic on random rows and prints the table of docs/numerics.md.
// Errors are in units of 2^-24 of the scale that each row names.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "kernels/numeric/dot.h"
#include "kernels/numeric/fixed.h"
#include "kernels/numeric/float_math.h"
#include "kernels/numeric/random.h"
#include "kernels/numeric/reduce.h"
#include "kernels/numeric/winograd.h"

namespace slipway::numeric {
namespace {

constexpr double kUnit = 0x1p-24;
constexpr int kTrials = 50;

// Floats in [-2, 2), and the same values as doubles.
struct Noise {
  std::vector<float> narrow;
  std::vector<double> wide;

  Noise(std::size_t count, std::uint64_t seed, std::uint64_t stream) {
    const Random random(seed, stream);
    for (std::size_t i = 0; i < count; ++i) {
      narrow.push_back(random.uniform_float(i) * 4 - 2);
      wide.push_back(static_cast<double>(narrow.back()));
    }
  }
};

void report(const char* name, std::size_t n, double worst, double limit) {
  std::printf("  %-34s n %5zu  %.2f\n", name, n, worst / kUnit);
  EXPECT_LE(worst / kUnit, limit) << name << ", n " << n;
}

double greatest_error(const std::vector<float>& got, const std::vector<double>& want,
                      bool relative) {
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double error = std::fabs(static_cast<double>(got[i]) - want[i]);
    worst = std::max(worst, relative ? error / std::fabs(want[i]) : error);
  }
  return worst;
}

TEST(Accuracy, Products) {
  for (const std::size_t outputs : {1, 32, 256}) {
    for (const std::size_t k : {64, 256, 1024, 4096}) {
      double worst = 0;
      for (int trial = 0; trial < kTrials; ++trial) {
        const Noise a(k, 1, static_cast<std::uint64_t>(trial));
        const Noise b(k, 2, static_cast<std::uint64_t>(trial));
        double want = 0;
        double scale = 0;
        for (std::size_t i = 0; i < k; ++i) {
          want += a.wide[i] * b.wide[i];
          scale += std::fabs(a.wide[i] * b.wide[i]);
        }
        const double got =
            static_cast<double>(dot(a.narrow.data(), 1, b.narrow.data(), 1, k, outputs));
        worst = std::max(worst, std::fabs(got - want) / scale);
      }
      char name[64];
      std::snprintf(name, sizeof name, "dot, %zu outputs / sum |a b|", outputs);
      report(name, k, worst, 3);
    }
  }
}

// What rounding a vector to fixed-point numbers adds to the error of a product, as a share of what
// rounding its weights to int8 made: root mean squares.
double fixed_share(std::size_t k, float size, int least_exponent) {
  double of_vector = 0;
  double of_weights = 0;
  for (int trial = 0; trial < 40 * kTrials; ++trial) {
    Noise x(k, 4, static_cast<std::uint64_t>(trial));
    const Noise w(k, 5, static_cast<std::uint64_t>(trial));
    float greatest = 0;
    for (const float v : w.narrow) greatest = std::max(greatest, std::fabs(v));
    const float scale = greatest / 127;
    std::vector<std::int8_t> weights(k);
    double want = 0;
    double rounded = 0;
    for (std::size_t i = 0; i < k; ++i) {
      x.narrow[i] *= size / 2;
      weights[i] = static_cast<std::int8_t>(round_half_even(w.narrow[i] / scale));
      const auto wide = static_cast<double>(x.narrow[i]);
      want += wide * w.wide[i];
      rounded += wide * weights[i] * static_cast<double>(scale);
    }
    std::vector<std::int16_t> q(k);
    const FixedScale fixed = fixed_scale(x.narrow.data(), k, least_exponent);
    to_fixed(x.narrow.data(), k, fixed, q.data());
    const auto got =
        static_cast<double>(fixed_dot(q.data(), weights.data(), k) * (scale * fixed.unit));
    of_vector += (got - rounded) * (got - rounded);
    of_weights += (rounded - want) * (rounded - want);
  }
  return std::sqrt(of_vector / of_weights);
}

TEST(Accuracy, FixedPointProducts) {
  for (const std::size_t k : {25, 64, 256, 1024}) {
    const double share = fixed_share(k, 1, kLeastStateExponent);
    const double small = fixed_share(k, 0.01F, kLeastInputExponent);
    const double tiny_state = fixed_share(k, 0.1F, kLeastStateExponent);
    std::printf(
        "  fixed point, of the weights' error: n %5zu  %.4f  inputs of 0.01: %.4f  "
        "states of 0.1: %.4f\n",
        k, share, small, tiny_state);
    EXPECT_LT(share, 0.015) << k;
    EXPECT_LT(small, 0.015) << k;
    EXPECT_LT(tiny_state, 0.12) << k;
  }
}

// Tiles of noise: errors of their outputs by the sum of the magnitudes of their products.
TEST(Accuracy, Winograd) {
  for (const std::size_t channels : {32, 128, 512}) {
    double worst = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
      const Noise x(channels * 16, 5, static_cast<std::uint64_t>(trial));
      const Noise w(channels * 9, 6, static_cast<std::uint64_t>(trial));
      float sums[16] = {};
      double want[4] = {};
      double scale[4] = {};
      for (std::size_t c = 0; c < channels; ++c) {
        float patch[16];
        float points[16];
        float filter[16];
        std::copy_n(x.narrow.data() + c * 16, 16, patch);
        winograd_input(patch, points);
        winograd_filter(w.narrow.data() + c * 9, filter);
        for (std::size_t i = 0; i < 16; ++i) sums[i] = std::fma(points[i], filter[i], sums[i]);
        for (std::size_t i = 0; i < 36; ++i) {
          const std::size_t output = i / 9;
          const std::size_t at = (output / 2 + i % 9 / 3) * 4 + output % 2 + i % 3;
          const double product = x.wide[c * 16 + at] * w.wide[c * 9 + i % 9];
          want[output] += product;
          scale[output] += std::fabs(product);
        }
      }
      float got[4];
      winograd_output(sums, got);
      for (std::size_t i = 0; i < 4; ++i)
        worst = std::max(worst, std::fabs(static_cast<double>(got[i]) - want[i]) / scale[i]);
    }
    report("3 x 3 in tiles / sum |a b|", channels, worst, 8);
  }
}

TEST(Accuracy, Rows) {
  for (const std::size_t n : {64, 768, 10000}) {
    double total = 0;
    double soft = 0;
    double log_soft = 0;
    double log_sum = 0;
    double layer = 0;
    double rms = 0;
    for (int trial = 0; trial < kTrials; ++trial) {
      const Noise x(n, 3, static_cast<std::uint64_t>(trial));
      std::vector<float> y(n);
      std::vector<double> want(n);
      double scale = 0;
      for (const double v : x.wide) scale += std::fabs(v);
      total = std::max(
          total,
          std::fabs(static_cast<double>(sum(x.narrow.data(), n)) - sum(x.wide.data(), n)) / scale);
      log_sum = std::max(log_sum, std::fabs(static_cast<double>(log_sum_exp(x.narrow.data(), n)) /
                                                log_sum_exp(x.wide.data(), n) -
                                            1));
      softmax_row(x.narrow.data(), y.data(), n);
      softmax_row(x.wide.data(), want.data(), n);
      soft = std::max(soft, greatest_error(y, want, true));
      log_softmax_row(x.narrow.data(), y.data(), n);
      log_softmax_row(x.wide.data(), want.data(), n);
      log_soft = std::max(log_soft, greatest_error(y, want, true));
      layer_norm_row(x.narrow.data(), y.data(), n, 1, 1e-5F, {});
      layer_norm_row(x.wide.data(), want.data(), n, 1, static_cast<double>(1e-5F), {});
      layer = std::max(layer, greatest_error(y, want, false));
      rms_norm_row(x.narrow.data(), y.data(), n, 1, 1e-5F, {});
      rms_norm_row(x.wide.data(), want.data(), n, 1, static_cast<double>(1e-5F), {});
      rms = std::max(rms, greatest_error(y, want, false));
    }
    report("sum / sum |x|", n, total, 3);
    report("log_sum_exp / |y|", n, log_sum, 4);
    report("softmax / y", n, soft, 10);
    report("log_softmax / |y|", n, log_soft, 6);
    report("layer_norm / 1", n, layer, 8);
    report("rms_norm / 1", n, rms, 8);
  }
}

TEST(Accuracy, Gelu) {
  double erf_form = 0;
  double tanh_form = 0;
  constexpr std::size_t kCount = 40000;
  for (std::size_t i = 0; i < kCount; ++i) {
    const float x = (static_cast<float>(i) - 20000) * 0x1p-11F + 0x1p-13F;
    const auto wide = static_cast<double>(x);
    erf_form = std::max(erf_form, std::fabs((static_cast<double>(gelu(x)) - gelu(wide)) / wide));
    tanh_form = std::max(tanh_form,
                         std::fabs((static_cast<double>(gelu_tanh(x)) - gelu_tanh(wide)) / wide));
  }
  report("gelu / |x|", kCount, erf_form, 3);
  report("gelu_tanh / |x|", kCount, tanh_form, 3);
}

}  // namespace
}  // namespace slipway::numeric
