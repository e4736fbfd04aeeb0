#include <cmath>
#include <limits>

#include "ops/support/test_node.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;
using Strings = std::vector<std::string>;

TestNode ml_node(std::string op, int version, std::vector<Attribute> attributes) {
  return {std::move(op), version, std::string(kMl), std::move(attributes), 1};
}

TEST(LabelEncoder, NaNIsAKeyAndTheLastOfEqualKeysCounts) {
  std::vector<Attribute> a;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  a.emplace_back("keys_floats", std::vector<float>{1, nan, 1});
  a.emplace_back("values_int64s", Ints{10, 20, 30});
  const Tensor x = Tensor::of<float>({1, -nan, 2});
  EXPECT_EQ(elements<std::int64_t>(ml_node("LabelEncoder", 4, std::move(a)).run({x})),
            (Ints{30, 20, -1}));
}

TEST(LabelEncoder, VersionOneTurnsTextIntoPositions) {
  std::vector<Attribute> a;
  a.emplace_back("classes_strings", Strings{"a", "b"});
  const TestNode node = ml_node("LabelEncoder", 1, std::move(a));
  EXPECT_EQ(elements<std::int64_t>(node.run({Tensor::of<std::string>({"b", "z"})})), (Ints{1, -1}));
  EXPECT_EQ(elements<std::string>(node.run({Tensor::of<std::int64_t>({0, 9})})),
            (Strings{"a", "_Unused"}));
}

TEST(LabelEncoder, RefusesUnequalLists) {
  std::vector<Attribute> a;
  a.emplace_back("keys_int64s", Ints{1, 2});
  a.emplace_back("values_int64s", Ints{1});
  const std::string message =
      ml_node("LabelEncoder", 2, std::move(a)).failure({Tensor::of<std::int64_t>({1})});
  EXPECT_NE(message.find("2 keys and 1 values"), std::string::npos) << message;
}

TEST(OneHotEncoder, UnknownCategoryIsZerosOrAnError) {
  for (const std::int64_t zeros : {0, 1}) {
    std::vector<Attribute> a;
    a.emplace_back("cats_int64s", Ints{3, 4});
    a.emplace_back("zeros", zeros);
    const TestNode node = ml_node("OneHotEncoder", 1, std::move(a));
    const Tensor x = Tensor::of<float>({4, std::nanf("")});
    if (zeros == 1) {
      EXPECT_EQ(elements<float>(node.run({x})), (std::vector<float>{0, 1, 0, 0}));
    } else {
      EXPECT_NE(node.failure({x}).find("element 1"), std::string::npos);
    }
  }
}

TEST(ArrayFeatureExtractor, RefusesAnIndexOutsideTheAxis) {
  const TestNode node = ml_node("ArrayFeatureExtractor", 1, {});
  const Tensor x = Tensor::of<float>({2, 2}, {1, 2, 3, 4});
  EXPECT_EQ(elements<float>(node.run({x, Tensor::of<std::int64_t>({1})})),
            (std::vector<float>{2, 4}));
  EXPECT_NE(node.failure({x, Tensor::of<std::int64_t>({2})}).find("index 2"), std::string::npos);
  EXPECT_NE(node.failure({x, Tensor::of<std::int64_t>({-1})}).find("index -1"), std::string::npos);
}

TEST(ZipMap, OneMapARow) {
  std::vector<Attribute> a;
  a.emplace_back("classlabels_strings", Strings{"no", "yes"});
  const auto outputs =
      ml_node("ZipMap", 1, std::move(a)).run({Tensor::of<float>({2, 2}, {1, 2, 3, 4})});
  ASSERT_TRUE(outputs.ok()) << outputs.error().message;
  const Sequence& maps = (*outputs)[0].sequence();
  ASSERT_EQ(maps.items.size(), 2U);
  EXPECT_EQ(maps.items[1].map().keys.data<std::string>()[1], "yes");
  EXPECT_EQ(maps.items[1].map().values.data<float>()[1], 4.0F);
}

TEST(SVMClassifier, RefusesCountsThatDoNotFit) {
  std::vector<Attribute> a;
  a.emplace_back("classlabels_ints", Ints{0, 1});
  a.emplace_back("vectors_per_class", Ints{1, 1});
  a.emplace_back("support_vectors", std::vector<float>{1, 2, 3, 4});
  a.emplace_back("coefficients", std::vector<float>{1});
  a.emplace_back("rho", std::vector<float>{0});
  TestNode node = ml_node("SVMClassifier", 1, std::move(a));
  node.outputs = 2;
  const std::string message = node.failure({Tensor::of<float>({1, 2}, {0, 0})});
  EXPECT_NE(message.find("coefficients has 1 entries, 2 are needed"), std::string::npos) << message;
}

}  // namespace
}  // namespace slipway
