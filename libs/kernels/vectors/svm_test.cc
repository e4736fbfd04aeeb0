#include "kernels/vectors/svm.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "kernels/vectors/decision.h"

namespace slipway {
namespace {

std::vector<float> random_floats(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> x(count);
  for (float& v : x) v = static_cast<float>(static_cast<std::int32_t>(random())) * 0x1p-29F;
  return x;
}

// Every NaN is the same.
std::uint32_t bits(float x) { return x != x ? 0x7FC00000U : std::bit_cast<std::uint32_t>(x); }

TEST(Svm, FunctionsHaveTheBitsOfTheDefinition) {
  const SvmFunction functions[] = {
      {SvmKind::kLinear, 0, 0, 0},        {SvmKind::kRbf, 0.37F, 0, 0},
      {SvmKind::kRbf, 60.0F, 0, 0},       {SvmKind::kPoly, 0.3F, 1.5F, 1},
      {SvmKind::kPoly, 0.3F, 1.5F, 3},    {SvmKind::kPoly, 2.5F, 0, 16},
      {SvmKind::kPoly, 0.3F, 9.0F, 2.5F}, {SvmKind::kPoly, 0.3F, 0, 0},
      {SvmKind::kPoly, 0.3F, 0.25F, -1},  {SvmKind::kSigmoid, 0.8F, -0.5F, 0},
  };
  std::vector<float> s = random_floats(203, 1);
  s[3] = std::numeric_limits<float>::infinity();
  s[40] = std::numeric_limits<float>::quiet_NaN();
  s[201] = -0.0F;
  for (const SvmFunction& function : functions) {
    for (const Isa isa : isas_here()) {
      std::vector<float> y = s;
      svm_kernels(isa).evaluate(function, y.data(), y.size());
      for (std::size_t i = 0; i < s.size(); ++i) {
        ASSERT_EQ(bits(y[i]), bits(svm_value(function, s[i])))
            << isa_name(isa) << ", kind " << static_cast<int>(function.kind) << ", degree "
            << function.degree << ", of " << s[i];
      }
    }
  }
}

TEST(Svm, SumsHaveTheBitsOfTheDefinition) {
  const std::vector<std::int32_t> starts[] = {{0, 16},    {0, 160},        {0, 16, 32},
                                              {0, 0, 48}, {0, 48, 48, 64}, {0, 16, 96, 192, 208}};
  for (const auto& first : starts) {
    const std::size_t classes = first.size() - 1;
    const auto vectors = static_cast<std::size_t>(first.back());
    const std::size_t sums = classes == 1 ? 1 : classes * (classes - 1) / 2;
    const std::vector<float> values = random_floats(vectors, 3);
    const std::vector<float> coefficients = random_floats(vectors * classes, 4);
    const std::vector<float> rho = random_floats(sums, 5);
    const SvmWeights weights = {classes, first.data(), vectors, coefficients.data(), rho.data()};
    std::vector<double> expected(sums);
    svm_sums(weights, values.data(), expected.data());
    for (const Isa isa : isas_here()) {
      std::vector<double> y(sums);
      svm_kernels(isa).sums(weights, values.data(), y.data());
      for (std::size_t i = 0; i < sums; ++i) {
        EXPECT_EQ(std::bit_cast<std::uint64_t>(y[i]), std::bit_cast<std::uint64_t>(expected[i]))
            << isa_name(isa) << ", " << classes << " classes, sum " << i;
      }
    }
  }
}

TEST(Svm, WholePowersAreProducts) {
  EXPECT_EQ(svm_factors({SvmKind::kPoly, 1, 0, 3}), 3U);
  EXPECT_EQ(svm_factors({SvmKind::kPoly, 1, 0, 16}), 16U);
  for (const float degree : {0.0F, -1.0F, 2.5F, 17.0F, std::numeric_limits<float>::quiet_NaN()})
    EXPECT_EQ(svm_factors({SvmKind::kPoly, 1, 0, degree}), 0U) << degree;
  EXPECT_EQ(svm_value({SvmKind::kPoly, 2, 1, 3}, 0.5F), 8.0F);
}

TEST(Decision, TheFirstOfMostVotes) {
  std::vector<double> scratch(8);
  std::vector<float> scores(3);
  const DecisionRule rule = {TreeTransform::kNone, 3, nullptr, nullptr};
  ASSERT_LE(decision_scratch(rule), scratch.size());
  const double second[] = {-1, 2, 3};  // 1 beats 0, 0 beats 2, 1 beats 2
  EXPECT_EQ(decide_class(rule, second, scratch.data(), scores.data()), 1U);
  EXPECT_EQ(scores, (std::vector<float>{-1, 2, 3}));
  const double round[] = {1, -1, 1};  // a vote each
  EXPECT_EQ(decide_class(rule, round, scratch.data(), scores.data()), 0U);
}

TEST(Decision, ProbabilitiesAreCoupled) {
  // All pairs agree with 0.7, 0.2 and 0.1.
  const double p[] = {0.7, 0.2, 0.1};
  std::vector<double> logits;
  for (int i = 0; i < 3; ++i) {
    for (int j = i + 1; j < 3; ++j) logits.push_back(-std::log(p[i] / p[j]));
  }
  const std::vector<float> a = {1, 1, 1};
  const std::vector<float> b = {0, 0, 0};
  const DecisionRule rule = {TreeTransform::kNone, 3, a.data(), b.data()};
  std::vector<double> scratch(decision_scratch(rule));
  std::vector<float> scores(3);
  decide_class(rule, logits.data(), scratch.data(), scores.data());
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(scores[i], p[i], 0.01) << i;
}

}  // namespace
}  // namespace slipway
