#include <cmath>
#include <limits>

#include "ops/support/test_node.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

TestNode pool(std::string op, int version, const std::vector<std::pair<const char*, Ints>>& lists,
              const std::vector<std::pair<const char*, std::int64_t>>& numbers = {}) {
  TestNode node{std::move(op), version, "", {}, 1};
  for (const auto& [name, values] : lists) node.attributes.emplace_back(name, values);
  for (const auto& [name, value] : numbers) node.attributes.emplace_back(name, value);
  return node;
}

const Tensor kLine = Tensor::of<float>({1, 1, 5}, {1, 2, 3, 4, 5});

TEST(MaxPool, NaNWinsAndIndicesNameTheFirstOfEquals) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor x = Tensor::of<float>({1, 1, 4}, {7, 7, 1, nan});
  TestNode node = pool("MaxPool", 12, {{"kernel_shape", {2}}});
  node.outputs = 2;
  const auto y = node.run({x});
  EXPECT_EQ(elements<std::int64_t>(y, 1), (Ints{0, 1, 3}));
  EXPECT_TRUE(std::isnan(elements<float>(y)[2]));
}

TEST(AveragePool, RoundedUpWindowsDivideByWhatIsThere) {
  const TestNode node = pool("AveragePool", 19, {{"kernel_shape", {2}}, {"strides", {2}}},
                             {{"ceil_mode", 1}, {"count_include_pad", 1}});
  EXPECT_EQ(elements<float>(node.run({kLine})), (Floats{1.5F, 3.5F, 5}));
}

TEST(AveragePool, LeavesOutAWindowThatStartsInThePaddingBehind) {
  const TestNode node =
      pool("AveragePool", 19, {{"kernel_shape", {1}}, {"strides", {4}}, {"pads", {0, 3}}},
           {{"ceil_mode", 1}});
  EXPECT_EQ(elements<float>(node.run({kLine})), (Floats{1, 5}));
}

TEST(Pooling, AnEnormousWindowTakesNoLongerThanItsInput) {
  const Ints pads = {1 << 29, 1 << 29};
  const TestNode node = pool("AveragePool", 19,
                             {{"kernel_shape", {1 << 29}}, {"strides", {1 << 29}}, {"pads", pads}});
  EXPECT_EQ(elements<float>(node.run({kLine})).size(), 2U);
}

TEST(Pooling, RefusesAttributesThatDoNotFit) {
  struct Row {
    const char* name;
    TestNode node;
    Tensor x;
    const char* message;
  };
  const Row rows[] = {
      {"rank", pool("MaxPool", 12, {{"kernel_shape", {2, 2}}}), kLine, "2 spatial axes"},
      {"scalar", pool("MaxPool", 12, {{"kernel_shape", {2}}}), Tensor::scalar(1.0F),
       "[batch, channels"},
      {"kernel 0", pool("MaxPool", 12, {{"kernel_shape", {0}}}), kLine, "extent of 0"},
      {"kernel beyond the input", pool("LpPool", 18, {{"kernel_shape", {6}}}), kLine,
       "6 positions"},
      {"p", pool("LpPool", 18, {{"kernel_shape", {2}}}, {{"p", 0}}), kLine, "p is 0"},
      {"empty axis", pool("GlobalMaxPool", 1, {}), Tensor::of<float>({1, 1, 0}, {}), "empty axis"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const std::string message = row.node.failure({row.x});
    EXPECT_NE(message.find(row.message), std::string::npos) << message;
  }
}

TEST(LpPool, VersionOneTakesAFractionalExponent) {
  TestNode node = pool("LpPool", 1, {{"kernel_shape", {1}}});
  node.attributes.emplace_back("p", 0.5F);
  EXPECT_FLOAT_EQ(elements<float>(node.run({Tensor::of<float>({1, 1, 1}, {-3})}))[0], 3.0F);
}

}  // namespace
}  // namespace slipway
