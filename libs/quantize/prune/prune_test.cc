#include "quantize/prune/prune.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ops/infer.h"
#include "quantize/test_model.h"

namespace slipway::quantize {
namespace {

// 0 for the first half of rows: what a magnitude finds first and nobody misses.
const std::vector<double> kHalfZero = {0, 0, 0, 0, 1, 1, 1, 1};

std::string half_zero(const char* name, const Shape& shape, std::uint32_t seed) {
  return random_weights(name, shape, seed, 0.5, kHalfZero);
}

struct Row {
  const char* name;
  const char* inputs;
  Shape input;
  std::string body;
  std::size_t removed;  // of all channels
};

const char* const kMap = "%x: float[1,3,6,6]";
const Shape kMapShape = {1, 3, 6, 6};

TEST(Prune, WhatIsZeroGoesAndOutputsKeepTheirBits) {
  const std::string w1 = half_zero("w1", {8, 3, 3, 3}, 1) + half_zero("b1", {8}, 2);
  const std::string w2 = random_weights("w2", {5, 8, 3, 3}, 3);
  const Row rows[] = {
      {"two convolutions", kMap, kMapShape,
       w1 + w2 + "%a = Conv(%x, %w1, %b1)\n%r = Relu(%a)\n%y = Conv(%r, %w2)\nreturn %y\n", 4},
      {"a pool and a depthwise layer between", kMap, kMapShape,
       w1 + random_weights("d", {8, 1, 2, 2}, 4) + random_weights("w2", {5, 8, 1, 1}, 3) +
           "%a = Conv(%x, %w1, %b1)\n%p = MaxPool(%a) {kernel_shape=[2,2]}\n"
           "%c = Conv(%p, %d) {group=8}\n%y = Conv(%c, %w2)\nreturn %y\n",
       4},
      {"a normalisation that cannot be folded", kMap, kMapShape,
       w1 + random_weights("w2", {5, 8, 1, 1}, 3) +
           "init %one = float[8] {1,1,1,1,1,1,1,1}\ninit %zero = float[8] {0,0,0,0,0,0,0,0}\n" +
           random_weights("g", {8}, 5) +
           "%a = Conv(%x, %w1, %b1)\n%r = Relu(%a)\n"
           "%n = BatchNormalization(%r, %g, %zero, %zero, %one)\n%y = Conv(%n, %w2)\nreturn %y\n",
       4},
      {"a residual sum", kMap, kMapShape,
       w1 + half_zero("v", {8, 8, 3, 3}, 6) + random_weights("w2", {5, 8, 1, 1}, 3) +
           "%a = Conv(%x, %w1, %b1)\n%r = Relu(%a)\n%c = Conv(%r, %v) {pads=[1,1,1,1]}\n"
           "%s = Add(%r, %c)\n%y = Conv(%s, %w2)\nreturn %y\n",
       4},
      {"parts of a Concat", kMap, kMapShape,
       w1 + half_zero("v", {8, 3, 3, 3}, 6) + random_weights("w2", {5, 16, 1, 1}, 3) +
           "%a = Conv(%x, %w1, %b1)\n%c = Conv(%x, %v)\n%s = Concat(%a, %c) {axis=1}\n"
           "%y = Conv(%s, %w2)\nreturn %y\n",
       8},
      {"Flatten to a dense layer", kMap, kMapShape,
       w1 + random_weights("m", {128, 5}, 3) +
           "%a = Conv(%x, %w1, %b1)\n%f = Flatten(%a)\n%y = Gemm(%f, %m)\nreturn %y\n",
       4},
      {"Reshape to a stated size", kMap, kMapShape,
       w1 + random_weights("m", {128, 5}, 3) +
           "init %shape = int64[2] {1,128}\n"
           "%a = Conv(%x, %w1, %b1)\n%f = Reshape(%a, %shape)\n%y = MatMul(%f, %m)\nreturn %y\n",
       4},
      {"dense layers, with constants for each channel",
       "%x: float[2,6]",
       {2, 6},
       half_zero("m", {8, 6}, 1) + half_zero("b", {8}, 2) + half_zero("k", {8}, 5) +
           random_weights("n", {8, 3}, 3) +
           "%a = Gemm(%x, %m, %b) {transB=1}\n%s = Mul(%a, %k)\n%t = Tanh(%s)\n"
           "%y = MatMul(%t, %n)\nreturn %y\n",
       4},
      {"means over positions", kMap, kMapShape,
       w1 + random_weights("m", {8, 5}, 3) +
           "init %axes = int64[2] {2,3}\n%a = Conv(%x, %w1, %b1)\n"
           "%g = ReduceMean(%a) {axes=[2,3], keepdims=0}\n%y = MatMul(%g, %m)\nreturn %y\n",
       4},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const Model model = text_model(row.inputs, row.body);
    const Result<Pruning> pruned = prune(model.clone(), 0.5);
    ASSERT_TRUE(pruned.ok()) << pruned.error().message;
    std::size_t removed = 0;
    for (const PrunedLayers& layer : pruned->layers) removed += layer.removed;
    EXPECT_EQ(removed, row.removed);
    const Tensor x = random_tensor(row.input, 9);
    const std::vector<float> wanted = first_output(model, x);
    const std::vector<float> given = first_output(pruned->model, x);
    ASSERT_EQ(wanted.size(), given.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(wanted[i], given[i], 1e-5);
    std::size_t before = 0;
    std::size_t after = 0;
    for (const auto& [id, tensor] : model.graph.initializers) before += tensor.size();
    for (const auto& [id, tensor] : pruned->model.graph.initializers) after += tensor.size();
    EXPECT_LT(after, before);
  }
}

TEST(Prune, LeavesWhatCannotBeCut) {
  const std::string weights = half_zero("w1", {8, 3, 3, 3}, 1);
  const Row rows[] = {
      {"an output", kMap, kMapShape, weights + "%y = Conv(%x, %w1)\nreturn %y\n", 0},
      {"a softmax over channels", kMap, kMapShape,
       weights + random_weights("w2", {5, 8, 1, 1}, 3) +
           "%a = Conv(%x, %w1)\n%s = Softmax(%a) {axis=1}\n%y = Conv(%s, %w2)\nreturn %y\n",
       0},
      {"groups", kMap, kMapShape,
       weights + random_weights("w2", {4, 4, 1, 1}, 3) +
           "%a = Conv(%x, %w1)\n%y = Conv(%a, %w2) {group=2}\nreturn %y\n",
       0},
      {"weights of two nodes",
       "%x: float[1,8,6,6]",
       {1, 8, 6, 6},
       half_zero("v", {8, 8, 1, 1}, 1) + "%a = Conv(%x, %v)\n%y = Conv(%a, %v)\nreturn %y\n",
       0},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const Result<Pruning> pruned = prune(text_model(row.inputs, row.body), 0.5);
    ASSERT_FALSE(pruned.ok());
    EXPECT_NE(pruned.error().message.find("no channel can be removed"), std::string::npos);
  }
  EXPECT_FALSE(prune(classifier(), 0).ok());
  EXPECT_FALSE(prune(classifier(), 1).ok());
}

TEST(Prune, TakesTheShareOfEveryGroup) {
  const Result<Pruning> pruned = prune(classifier(), 0.25);
  ASSERT_TRUE(pruned.ok()) << pruned.error().message;
  // The stem with its depthwise layer; the two layers that a sum joins.
  ASSERT_EQ(pruned->layers.size(), 2U);
  for (const PrunedLayers& layer : pruned->layers) {
    EXPECT_EQ(layer.channels, 8U);
    EXPECT_EQ(layer.removed, 2U);
  }
  EXPECT_EQ(pruned->layers[1].nodes, (std::vector<std::string>{"pointwise", "inner"}));
  EXPECT_EQ(pruned->fixed_channels, 20U);
  EXPECT_EQ(first_output(pruned->model, random_tensor({1, 3, 8, 8}, 1)).size(), 20U);
  // At least one channel stays.
  EXPECT_TRUE(prune(classifier(), 0.999).ok());
}

}  // namespace
}  // namespace slipway::quantize
