#include "quantize/input_sums.h"

#include <gtest/gtest.h>

#include <cmath>

#include "quantize/placement.h"
#include "quantize/prepare.h"
#include "quantize/scaling.h"
#include "quantize/test_model.h"

namespace slipway::quantize {
namespace {

struct Case {
  const char* name;
  Shape weights;
  std::string node;  // of %x and the weights %w
  Shape x;
  std::size_t axis = 0;
};

// Of each kind that a product can be, small and large tensors.
std::vector<Case> cases() {
  return {
      {"pointwise", {5, 4, 1, 1}, "Conv(%x, %w)", {1, 4, 6, 7}},
      {"padded", {5, 4, 3, 3}, "Conv(%x, %w) {pads=[1, 1, 1, 1]}", {1, 4, 6, 7}},
      {"uneven_pads", {5, 4, 3, 3}, "Conv(%x, %w) {pads=[2, 0, 1, 1]}", {1, 4, 6, 7}},
      {"strided", {5, 4, 3, 3}, "Conv(%x, %w) {pads=[1, 1, 1, 1], strides=[2, 3]}", {1, 4, 9, 8}},
      {"dilated", {5, 4, 3, 2}, "Conv(%x, %w) {dilations=[2, 3]}", {1, 4, 9, 8}},
      {"same",
       {5, 4, 3, 3},
       "Conv(%x, %w) {auto_pad=\"SAME_UPPER\", strides=[2, 2]}",
       {1, 4, 7, 7}},
      {"groups", {6, 2, 3, 3}, "Conv(%x, %w) {group=3, pads=[1, 1, 1, 1]}", {1, 6, 5, 5}},
      {"depthwise", {4, 1, 3, 3}, "Conv(%x, %w) {group=4, pads=[1, 1, 1, 1]}", {1, 4, 5, 5}},
      {"causal", {3, 4, 3}, "Conv(%x, %w) {dilations=[8], pads=[16, 0]}", {1, 4, 50}},
      {"mostly_padding", {3, 4, 5}, "Conv(%x, %w) {pads=[4, 4]}", {1, 4, 2}},
      {"space", {2, 3, 2, 2, 2}, "Conv(%x, %w) {pads=[0, 1, 0, 1, 0, 1]}", {1, 3, 4, 3, 5}},
      {"large", {3, 4, 3, 3}, "Conv(%x, %w) {pads=[1, 1, 1, 1]}", {1, 4, 60, 50}},
      {"batch", {3, 4, 3, 3}, "Conv(%x, %w) {pads=[1, 1, 1, 1]}", {3, 4, 6, 5}},
      {"gemm", {8, 5}, "Gemm(%x, %w)", {3, 8}, 1},
      {"gemm_turned", {5, 8}, "Gemm(%x, %w) {transB=1}", {3, 8}, 0},
      {"matmul", {8, 5}, "MatMul(%x, %w)", {1, 7, 8}, 1},
  };
}

std::string extents(const Shape& shape) {
  std::vector<std::string> words;
  for (const std::int64_t extent : shape) words.push_back(std::to_string(extent));
  return join(words, ",");
}

// The mean of each channel of what the node gives.
std::vector<double> means(const Model& model, const std::vector<Tensor>& inputs,
                          std::size_t channel_axis, const Tensor& weights) {
  Model with = model.clone();
  for (auto& [id, constant] : with.graph.initializers) constant = weights;
  Result<ModelRun> run = ModelRun::create(std::move(with), {});
  std::vector<double> sums;
  double count = 0;
  for (const Tensor& input : inputs) {
    const auto outputs = run->run({input});
    EXPECT_TRUE(outputs.ok()) << outputs.error().message;
    const Tensor& y = (*outputs)[0];
    const AxisStride channel = axis_stride(y.shape(), channel_axis);
    sums.resize(channel.extent);
    const auto values = y.data<float>();
    for (std::size_t i = 0; i < values.size(); ++i) sums[channel(i)] += values[i];
    count += static_cast<double>(values.size()) / static_cast<double>(channel.extent);
  }
  for (double& sum : sums) sum /= count;
  return sums;
}

TEST(InputSums, TellTheShiftOfEveryKindOfProduct) {
  constexpr float kScale = 0.25F;
  constexpr std::uint8_t kZero = 130;
  for (const Case& row : cases()) {
    SCOPED_TRACE(row.name);
    const Model model =
        text_model(str("%x: float[", extents(row.x), "]"),
                   str(random_weights("w", row.weights, 5), "%y = ", row.node, "\nreturn %y\n"));
    Model prepared = model.clone();
    ASSERT_TRUE(infer(prepared).ok());
    const Node& node = prepared.graph.nodes[0];
    Product product;
    product.axis = row.axis;
    if (std::string_view(row.name) == "groups") product.groups = 3;
    if (std::string_view(row.name) == "depthwise") product.groups = 4;
    const Tensor weights = *prepared.graph.initializer(node.inputs[1]);
    const Tensor rounded = dequantize_weights(quantize_weights(weights, row.axis, false), row.axis);

    InputSums lanes[] = {InputSums(node, product, row.weights),
                         InputSums(node, product, row.weights)};
    std::vector<Tensor> exact, in_steps;
    for (std::uint32_t seed = 1; seed <= 5; ++seed) {
      const Tensor x = random_tensor(row.x, seed, 8);
      Tensor steps = x;
      std::vector<std::uint8_t> bytes;
      for (float& value : steps.mutable_data<float>()) {
        const float q = std::min(std::max(std::nearbyint(value / kScale) + kZero, 0.0F), 255.0F);
        bytes.push_back(static_cast<std::uint8_t>(q));
        value = (q - kZero) * kScale;
      }
      ASSERT_TRUE(lanes[seed % 2].add(x, bytes, kZero).ok());
      exact.push_back(x);
      in_steps.push_back(steps);
    }
    ASSERT_TRUE(lanes[0].add_all(lanes[1]).ok());
    const auto shifts = lanes[0].shifts(weights.data<float>(), rounded.data<float>(), kScale, {});
    ASSERT_TRUE(shifts.ok()) << shifts.error().message;
    const std::size_t axis = row.node.starts_with("Conv") ? 1 : row.x.size() - 1;
    const std::vector<double> before = means(prepared, exact, axis, weights);
    const std::vector<double> after = means(prepared, in_steps, axis, rounded);
    ASSERT_EQ(shifts->size(), before.size());
    bool is_any_moved = false;
    for (std::size_t c = 0; c < before.size(); ++c) {
      EXPECT_NEAR((*shifts)[c], before[c] - after[c], 2e-5) << c;
      is_any_moved = is_any_moved || std::abs((*shifts)[c]) > 1e-3;
    }
    EXPECT_TRUE(is_any_moved);
  }
}

// Channels times their factors, and the bytes of that, are as if the weights had taken the factors.
TEST(InputSums, FactorsOfChannels) {
  const Model model = text_model("%x: float[1,2,4,4]", str(random_weights("w", {3, 2, 3, 3}, 1),
                                                           "%y = Conv(%x, %w)\nreturn %y\n"));
  const Node& node = model.graph.nodes[0];
  const Tensor weights = *model.graph.initializer(node.inputs[1]);
  const Tensor x = random_tensor({1, 2, 4, 4}, 2);
  const std::vector<float> factors = {4, 0.5F};
  std::vector<std::uint8_t> bytes;
  Tensor scaled = x;
  for (std::size_t i = 0; i < x.size(); ++i) {
    scaled.mutable_data<float>()[i] *= factors[i / 16];
    bytes.push_back(static_cast<std::uint8_t>(i * 7 % 256));
  }
  InputSums plain(node, Product(), {3, 2, 3, 3});
  InputSums with_factors(node, Product(), {3, 2, 3, 3});
  ASSERT_TRUE(plain.add(scaled, bytes, 128).ok());
  ASSERT_TRUE(with_factors.add(x, bytes, 128).ok());
  const auto w = weights.data<float>();
  EXPECT_EQ(*plain.shifts(w, w, 0.1F, {}), *with_factors.shifts(w, w, 0.1F, factors));
}

TEST(InputSums, OfNothingAreNoShifts) {
  const Model model = text_model("%x: float[1,2,4,4]", str(random_weights("w", {3, 2, 3, 3}, 1),
                                                           "%y = Conv(%x, %w)\nreturn %y\n"));
  InputSums sums(model.graph.nodes[0], Product(), {3, 2, 3, 3});
  EXPECT_TRUE(sums.shifts({}, {}, 1, {})->empty());
}

}  // namespace
}  // namespace slipway::quantize
