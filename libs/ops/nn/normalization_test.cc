#include <limits>

#include "base/str.h"
#include "ops/support/test_node.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

Tensor filled(Shape shape, float value) {
  const std::size_t count = *element_count(shape);
  return Tensor::of<float>(std::move(shape), Floats(count, value));
}

TEST(BatchNormalization, OldVersionsMayNormaliseEveryElementByItself) {
  TestNode node{"BatchNormalization", 7, "", {}, 1};
  node.attributes.emplace_back("spatial", std::int64_t{0});
  node.attributes.emplace_back("epsilon", 0.0F);
  const Tensor x = Tensor::of<float>({1, 1, 2}, {3, 5});
  const Tensor mean = Tensor::of<float>({1, 2}, {1, 2});
  const Tensor four = filled({1, 2}, 4);
  const auto y = node.run({x, filled({1, 2}, 1), filled({1, 2}, 0), mean, four});
  EXPECT_EQ(elements<float>(y), (Floats{1, 1.5F}));
}

TEST(BatchNormalization, TrainsWhereTheVersionSaysSo) {
  const Tensor x = Tensor::of<float>({2, 1}, {1, 3});
  const Tensor zero = filled({1}, 0);
  for (const int version : {9, 14}) {
    SCOPED_TRACE(version);
    TestNode node{"BatchNormalization", version, "", {}, 3};
    node.attributes.emplace_back("momentum", 0.5F);
    if (version == 14) node.attributes.emplace_back("training_mode", std::int64_t{1});
    const auto y = node.run({x, filled({1}, 1), zero, zero, zero});
    EXPECT_EQ(elements<float>(y, 1), Floats{1});
    EXPECT_EQ(elements<float>(y, 2), Floats{0.5F});
  }
}

TEST(BatchNormalization, TheVarianceKeepsItsOwnShape) {
  TestNode node{"BatchNormalization", 9, "", {}, 5};
  const Tensor one = filled({1}, 1), scalar = filled({}, 1);
  const auto y = node.run({Tensor::of<float>({2, 1}, {1, 3}), one, one, one, scalar});
  ASSERT_TRUE(y.ok()) << y.error().message;
  const Shape expected[] = {{2, 1}, {1}, {}, {1}, {}};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ((*y)[i].tensor().shape(), expected[i]) << i;
}

TEST(GroupNormalization, VersionEighteenScalesGroups) {
  for (const int version : {18, 21}) {
    SCOPED_TRACE(version);
    TestNode node{"GroupNormalization", version, "", {}, 1};
    node.attributes.emplace_back("num_groups", std::int64_t{1});
    node.attributes.emplace_back("epsilon", 0.0F);
    const Tensor x = Tensor::of<float>({1, 2, 1}, {1, 3});
    const Tensor per_group = filled({1}, 2);
    const Tensor per_channel = filled({2}, 2);
    const Tensor& fits = version == 18 ? per_group : per_channel;
    const Tensor& other = version == 18 ? per_channel : per_group;
    EXPECT_EQ(elements<float>(node.run({x, fits, fits})), (Floats{0, 4}));
    EXPECT_NE(node.failure({x, other, other}).find("both need"), std::string::npos);
  }
}

TEST(LayerNormalization, RepeatsScaleAndBias) {
  TestNode node{"LayerNormalization", 17, "", {}, 1};
  node.attributes.emplace_back("epsilon", 0.0F);
  const Tensor x = Tensor::of<float>({2, 2}, {1, 3, 5, 9});
  const Tensor rows = Tensor::of<float>({2, 1}, {1, 10});
  EXPECT_EQ(elements<float>(node.run({x, rows})), (Floats{-1, 1, -10, 10}));
  const Tensor bias = Tensor::of<float>({2}, {0, 5});
  EXPECT_EQ(elements<float>(node.run({x, filled({1}, 2), bias})), (Floats{-2, 7, -2, 7}));
}

TEST(Normalizations, RefuseWhatDoesNotFit) {
  struct Row {
    const char* op;
    int version;
    std::vector<std::pair<const char*, std::int64_t>> numbers;
    std::vector<Value> inputs;
    const char* message;
  };
  const Tensor x = filled({2, 4}, 1);
  const Tensor two = filled({2}, 1);
  const Row rows[] = {
      {"BatchNormalization", 15, {}, {x, two, two, two, two}, "4 channels need"},
      {"BatchNormalization", 15, {}, {filled({}, 1), two, two, two, two}, "scalar"},
      {"InstanceNormalization", 6, {}, {x, two, two}, "both need 4"},
      {"GroupNormalization", 21, {{"num_groups", 3}}, {x, two, two}, "num_groups is 3"},
      {"GroupNormalization", 21, {{"num_groups", 0}}, {x, two, two}, "num_groups is 0"},
      {"LayerNormalization", 17, {{"axis", 2}}, {x, two}, "axis"},
      {"LayerNormalization", 17, {}, {x, filled({3}, 1)}, "does not repeat"},
      {"LayerNormalization", 17, {{"stash_type", 7}}, {x, filled({4}, 1)}, "stash_type is 7"},
      {"RMSNormalization", 23, {{"axis", -3}}, {x, two}, "axis"},
      {"LRN", 13, {{"size", 0}}, {x}, "size is 0"},
      {"LRN", 13, {{"size", 3}}, {two}, "[N, C, ...]"},
      {"LpNormalization", 1, {{"p", 3}}, {x}, "p is 3"},
      {"MeanVarianceNormalization", 13, {}, {x}, "axis"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(str(row.op, ": ", row.message));
    TestNode node{row.op, row.version, "", {}, 1};
    for (const auto& [name, value] : row.numbers) node.attributes.emplace_back(name, value);
    const std::string message = node.failure(row.inputs);
    EXPECT_NE(message.find(row.message), std::string::npos) << message;
  }
}

TEST(MaxUnpool, RefusesIndicesOutsideTheOutput) {
  TestNode node{"MaxUnpool", 11, "", {}, 1};
  node.attributes.emplace_back("kernel_shape", Ints{2});
  const Tensor x = filled({1, 1, 1}, 7);
  EXPECT_EQ(elements<float>(node.run({x, Tensor::of<std::int64_t>({1, 1, 1}, {1})})),
            (Floats{0, 7}));
  for (const std::int64_t index : {std::int64_t{2}, std::int64_t{-1}}) {
    EXPECT_NE(node.failure({x, Tensor::of<std::int64_t>({1, 1, 1}, {index})}).find("I holds"),
              std::string::npos);
  }
  const Tensor one = Tensor::of<std::int64_t>({1, 1, 1}, {0});
  const Tensor small = Tensor::of<std::int64_t>({1, 1, 1});
  EXPECT_NE(node.failure({x, one, small}).find("at least [1,1,2]"), std::string::npos);
}

TEST(DeformConv, OffsetsThatAreNoPlaceCountNothing) {
  const TestNode node{"DeformConv", 22, "", {}, 1};
  const Tensor x = filled({1, 1, 2}, 3);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float huge = std::numeric_limits<float>::max();
  const Tensor offset = Tensor::of<float>({1, 1, 2}, {nan, huge});
  EXPECT_EQ(elements<float>(node.run({x, filled({1, 1, 1}, 1), offset})), (Floats{0, 0}));
  const std::string message = node.failure({x, filled({1, 1, 1}, 1), filled({1, 2, 2}, 0)});
  EXPECT_NE(message.find("offset has shape"), std::string::npos) << message;
}

}  // namespace
}  // namespace slipway
