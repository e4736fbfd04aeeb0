#include <cmath>

#include "base/str.h"
#include "kernels/numeric/convolution.h"
#include "ops/support/test_node.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

TestNode conv(std::string op, std::vector<Attribute> attributes = {}) {
  return {std::move(op), 11, "", std::move(attributes), 1};
}

Tensor ones(Shape shape) {
  const std::size_t count = *element_count(shape);
  return Tensor::of<float>(std::move(shape), Floats(count, 1.0F));
}

TEST(Conv, CountsTheTapsUnderEachWindow) {
  std::vector<Attribute> a;
  a.emplace_back("pads", Ints{1, 1});
  EXPECT_EQ(elements<float>(conv("Conv", std::move(a)).run({ones({1, 1, 4}), ones({1, 1, 3})})),
            (Floats{2, 3, 3, 2}));
}

// Bit for bit, by the definition of docs/numerics.md, with more channels than one block.
TEST(Conv, AddsItsProductsInTheContractsOrder) {
  constexpr std::size_t kChannels = 37;
  constexpr std::size_t kTaps = 3;
  constexpr std::size_t kWidth = 8;
  Floats x(kChannels * kWidth);
  Floats w(kChannels * kTaps);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 1.0F / static_cast<float>(i + 3);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(i % 7) - 3.3F;
  const auto y = elements<float>(conv("Conv").run(
      {Tensor::of<float>({1, kChannels, kWidth}, x), Tensor::of<float>({1, kChannels, kTaps}, w)}));
  ASSERT_EQ(y.size(), kWidth - kTaps + 1);
  for (std::size_t i = 0; i < y.size(); ++i) {
    float expected = 0.0F;
    for (std::size_t k = 0; k < kChannels * kTaps; ++k) {
      const numeric::Tap tap = numeric::convolution_tap(k, kChannels, kTaps);
      expected = std::fma(w[tap.channel * kTaps + tap.position],
                          x[tap.channel * kWidth + i + tap.position], expected);
    }
    EXPECT_EQ(y[i], expected) << "position " << i;
  }
}

TEST(Conv, NegativePadsCutOff) {
  std::vector<Attribute> a;
  a.emplace_back("pads", Ints{-1, 0});
  const Tensor x = Tensor::of<float>({1, 1, 3}, {1, 2, 3});
  EXPECT_EQ(elements<float>(conv("Conv", std::move(a)).run({x, ones({1, 1, 1})})), (Floats{2, 3}));
}

TEST(Conv, WithoutInputChannelsGivesTheBias) {
  const auto y = conv("Conv").run({ones({1, 0, 2}), ones({1, 0, 1}), Tensor::of<float>({5.0F})});
  EXPECT_EQ(elements<float>(y), (Floats{5, 5}));
  const auto transposed =
      conv("ConvTranspose").run({ones({1, 0, 2}), ones({0, 1, 2}), Tensor::of<float>({5.0F})});
  EXPECT_EQ(elements<float>(transposed), (Floats{5, 5, 5}));
}

TEST(Conv, RefusesShapesAndAttributesThatDoNotFit) {
  struct Row {
    const char* name;
    const char* op;
    Shape x, w;
    std::vector<std::pair<const char*, Ints>> attributes;
    std::int64_t group;
    const char* message;
  };
  const Row rows[] = {
      {"channels", "Conv", {1, 4, 3, 3}, {2, 3, 1, 1}, {}, 1, "3 input channels"},
      {"group 0", "Conv", {1, 4, 3, 3}, {2, 4, 1, 1}, {}, 0, "group is 0"},
      {"group that divides nothing", "Conv", {1, 4, 3, 3}, {2, 1, 1, 1}, {}, 4, "group is 4"},
      {"rank", "Conv", {1, 4, 3}, {2, 4, 1, 1}, {}, 1, "[M, C / group, kernel...]"},
      {"stride 0", "Conv", {1, 1, 3}, {1, 1, 1}, {{"strides", {0}}}, 1, "strides holds 0"},
      {"dilation -1", "Conv", {1, 1, 3}, {1, 1, 1}, {{"dilations", {-1}}}, 1, "dilations holds -1"},
      {"pads of one end", "Conv", {1, 1, 3}, {1, 1, 1}, {{"pads", {1}}}, 1, "pads has 1 numbers"},
      {"kernel beyond the input", "Conv", {1, 1, 3}, {1, 1, 4}, {}, 1, "4 positions"},
      {"enormous dilation",
       "Conv",
       {1, 1, 3},
       {1, 1, 2},
       {{"dilations", {1LL << 62}}},
       1,
       "dilations holds"},
      {"stated kernel",
       "Conv",
       {1, 1, 3},
       {1, 1, 2},
       {{"kernel_shape", {3}}},
       1,
       "kernel_shape is"},
      {"transposed stated kernel",
       "ConvTranspose",
       {1, 1, 3},
       {1, 1, 2},
       {{"kernel_shape", {3}}},
       1,
       "kernel_shape is"},
      {"enormous pads",
       "Conv",
       {1, 1, 3, 3},
       {1, 1, 1, 1},
       {{"pads", {1 << 29, 1 << 29, 1 << 29, 1 << 29}}},
       1,
       ""},
      {"transposed channels", "ConvTranspose", {1, 4, 3}, {3, 2, 1}, {}, 1, "3 input channels"},
      {"transposed pads", "ConvTranspose", {1, 1, 3}, {1, 1, 1}, {{"pads", {9, 9}}}, 1, "cut more"},
      {"transposed output shape",
       "ConvTranspose",
       {1, 1, 3},
       {1, 1, 1},
       {{"output_shape", {-3}}},
       1,
       "holds -3"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    std::vector<Attribute> a;
    a.emplace_back("group", row.group);
    for (const auto& [name, values] : row.attributes) a.emplace_back(name, values);
    const std::string message = conv(row.op, std::move(a)).failure({ones(row.x), ones(row.w)});
    EXPECT_NE(message.find(row.message), std::string::npos) << message;
  }
}

TEST(Conv, RefusesABiasOfAnotherLength) {
  const std::string message = conv("Conv").failure({ones({1, 1, 2}), ones({1, 1, 1}), ones({2})});
  EXPECT_NE(message.find("it must be [1]"), std::string::npos) << message;
}

TEST(Gemm, OldVersionsRepeatCOnlyWhenAskedTo) {
  for (const int version : {6, 7}) {
    for (const std::int64_t broadcast : {0, 1}) {
      SCOPED_TRACE(str("version ", version, " broadcast ", broadcast));
      TestNode node{"Gemm", version, "", {}, 1};
      if (version == 6) node.attributes.emplace_back("broadcast", broadcast);
      const std::vector<Value> inputs = {ones({2, 3}), ones({3, 2}), Tensor::of<float>({1, 2})};
      if (version == 6 && broadcast == 0) {
        EXPECT_NE(node.failure(inputs).find("set broadcast to 1"), std::string::npos);
      } else {
        EXPECT_EQ(elements<float>(node.run(inputs)), (Floats{4, 5, 4, 5}));
      }
    }
  }
}

TEST(MatMul, VectorsAndEmptyFactors) {
  const TestNode node{"MatMul", 13, "", {}, 1};
  EXPECT_EQ(elements<float>(node.run({ones({3}), ones({3})})), Floats{3});
  EXPECT_EQ(elements<float>(node.run({ones({3}), ones({2, 3, 1})})), (Floats{3, 3}));
  EXPECT_EQ(elements<float>(node.run({ones({2, 0}), ones({0, 1})})), (Floats{0, 0}));
  EXPECT_NE(node.failure({ones({2, 3}), ones({2, 3})}).find("must be equal"), std::string::npos);
  EXPECT_NE(node.failure({ones({}), ones({1})}).find("scalar"), std::string::npos);
}

}  // namespace
}  // namespace slipway
