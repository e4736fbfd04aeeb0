#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/support/test_node.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

TestNode at(int version, std::string op, std::vector<Attribute> list = {},
            std::size_t outputs = 1) {
  return {std::move(op), version, "", std::move(list), outputs};
}

TEST(Random, ASeedRepeatsAndAnotherDiffers) {
  const auto numbers = [](float seed) {
    return elements<float>(
        at(1, "RandomUniform", attributes("shape", Ints{100}, "seed", seed)).run({}));
  };
  EXPECT_EQ(numbers(1), numbers(1));
  EXPECT_NE(numbers(1), numbers(2));
}

TEST(Random, RangesAndMoments) {
  const Floats uniform =
      elements<float>(at(1, "RandomUniform",
                         attributes("shape", Ints{4000}, "low", -2.0F, "high", 4.0F, "seed", 3.0F))
                          .run({}));
  EXPECT_GE(*std::min_element(uniform.begin(), uniform.end()), -2.0F);
  EXPECT_LT(*std::max_element(uniform.begin(), uniform.end()), 4.0F);
  const Floats normal =
      elements<float>(at(1, "RandomNormal",
                         attributes("shape", Ints{4000}, "mean", 5.0F, "scale", 2.0F, "seed", 3.0F))
                          .run({}));
  double sum = 0, squares = 0;
  for (const float x : normal) {
    sum += x;
    squares += (x - 5.0) * (x - 5.0);
  }
  EXPECT_NEAR(sum / 4000, 5.0, 0.15);
  EXPECT_NEAR(std::sqrt(squares / 4000), 2.0, 0.1);
}

TEST(Random, RefusesWhatItCannotMake) {
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(at(1, "RandomUniform", attributes("shape", Ints{-1})).run({}).ok());
  EXPECT_FALSE(at(1, "RandomUniform", attributes("shape", Ints{huge, 2})).run({}).ok());
  EXPECT_NE(at(1, "RandomUniform", attributes("shape", Ints{1}, "dtype", std::int64_t{7}))
                .failure({})
                .find("int64"),
            std::string::npos);
  EXPECT_NE(inferred(at(1, "RandomNormal", attributes("shape", Ints{-1})), {}).find("negative"),
            std::string::npos);
}

TEST(Bernoulli, ProbabilitiesAreProbabilities) {
  EXPECT_EQ(elements<float>(at(15, "Bernoulli").run({Tensor::of(Floats{0, 1, 0, 1})})),
            (Floats{0, 1, 0, 1}));
  EXPECT_NE(at(15, "Bernoulli").failure({Tensor::of(Floats{1.5F})}).find("1.5"), std::string::npos);
}

TEST(Multinomial, DrawsLikelyClasses) {
  const Tensor x = Tensor::of<float>({2, 3}, {0, 100, 0, 100, 0, 0});
  const auto y = at(7, "Multinomial", attributes("sample_size", std::int64_t{3})).run({x});
  EXPECT_EQ(elements<std::int32_t>(y), (std::vector<std::int32_t>{1, 1, 1, 0, 0, 0}));
  EXPECT_FALSE(at(7, "Multinomial").run({Tensor::of<float>({2, 0}, {})}).ok());
  EXPECT_FALSE(at(7, "Multinomial").run({Tensor::of(Floats{1, 2})}).ok());
  EXPECT_FALSE(at(7, "Multinomial", attributes("sample_size", std::int64_t{-1})).run({x}).ok());
}

TEST(Dropout, OnlyTrainingDrops) {
  const Tensor x = Tensor::of(Floats(1000, 1.0F));
  const Value ratio = Tensor::scalar(0.25F);
  EXPECT_EQ(elements<float>(at(13, "Dropout").run({x, ratio})), Floats(1000, 1.0F));
  const auto y = at(13, "Dropout", attributes("seed", std::int64_t{1}), 2)
                     .run({x, ratio, Tensor::scalar(true)});
  const Floats out = elements<float>(y);
  const std::vector<bool> mask = elements<bool>(y, 1);
  ASSERT_EQ(out.size(), mask.size());
  const auto dropped = std::count(mask.begin(), mask.end(), false);
  EXPECT_GT(dropped, 200);
  EXPECT_LT(dropped, 300);
  for (std::size_t i = 0; i < out.size(); ++i)
    EXPECT_EQ(out[i], mask[i] ? static_cast<float>(1 / 0.75) : 0.0F);
  EXPECT_NE(
      at(13, "Dropout").failure({x, Tensor::scalar(1.0F), Tensor::scalar(true)}).find("ratio"),
      std::string::npos);
  EXPECT_EQ(elements<float>(at(7, "Dropout", {}, 2).run({x}), 1), Floats(1000, 1.0F));
}

TEST(Loss, WeightsIgnoredLabelsAndRefusals) {
  const Tensor scores = Tensor::of<float>({2, 2}, {-1, -2, -3, -4});
  const Tensor weights = Tensor::of(Floats{1, 3});
  const auto nll = [](std::string reduction) {
    return at(13, "NegativeLogLikelihoodLoss",
              attributes("reduction", std::move(reduction), "ignore_index", std::int64_t{-1}));
  };
  const Tensor labels = Tensor::of(Ints{1, 0});
  EXPECT_EQ(elements<float>(nll("none").run({scores, labels, weights})), (Floats{6, 3}));
  EXPECT_EQ(elements<float>(nll("mean").run({scores, labels, weights})), (Floats{9.0F / 4}));
  EXPECT_EQ(elements<float>(nll("mean").run({scores, Tensor::of(Ints{-1, 0}), weights})),
            (Floats{3}));
  EXPECT_NE(nll("sum").failure({scores, Tensor::of(Ints{2, 0})}).find("label 0 is 2"),
            std::string::npos);
  EXPECT_NE(nll("sum").failure({scores, Tensor::of(Ints{0})}).find("labels"), std::string::npos);
  EXPECT_NE(nll("most").failure({scores, labels}).find("reduction"), std::string::npos);
}

}  // namespace
}  // namespace slipway
