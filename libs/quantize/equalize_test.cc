#include "quantize/equalize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include "quantize/correct_bias.h"
#include "quantize/insert.h"
#include "quantize/prepare.h"
#include "quantize/scaling.h"
#include "quantize/test_model.h"
#include "quantize/watch.h"

namespace slipway::quantize {
namespace {

const Progress kSilent;

Model prepared(Model model) {
  EXPECT_TRUE(prepare(model).ok());
  return model;
}

// Every sample's value, one after the other.
template <typename F>
void see_all(const Model& model, ValueId value, samples::Samples& samples, F see) {
  auto watch = Watch::create(model, {value}, samples, {});
  ASSERT_TRUE(watch.ok()) << watch.error().message;
  std::mutex one_lane;
  const auto seen =
      watch->walk(0, kSilent, "", [&](std::size_t, std::size_t, const Tensor& tensor) {
        const std::lock_guard lock(one_lane);
        see(tensor);
        return Status();
      });
  EXPECT_TRUE(seen.ok()) << seen.error().message;
}

std::map<std::string, std::vector<float>> factors_of(const Model& model, const Placement& placement,
                                                     const std::vector<Pair>& pairs,
                                                     samples::Samples& samples,
                                                     const Options& options) {
  std::vector<std::vector<float>> reached(pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    see_all(model, pairs[i].between, samples, [&](const Tensor& tensor) {
      const std::vector<float> here = greatest_by_channel(tensor, 1);
      reached[i].resize(here.size());
      for (std::size_t c = 0; c < here.size(); ++c)
        reached[i][c] = std::max(reached[i][c], here[c]);
    });
  }
  return find_factors(model.graph, placement, pairs, reached, options);
}

// Powers of two through Relu: not one bit moves.
TEST(Equalize, KeepsTheBits) {
  const Model model = prepared(classifier());
  const SampleFile file("x", {3, 8, 8}, 8);
  samples::Samples samples = file.open(model);
  const Placement placement = place(model.graph, {});
  const Pairs pairs = find_pairs(model.graph, placement);
  // Stem to depthwise, depthwise to pointwise; what `inner` reads the sum reads, too.
  EXPECT_EQ(pairs.pairs.size(), 2U);
  EXPECT_EQ(pairs.clipped, 0U);
  for (const bool is_per_tensor : {false, true}) {
    SCOPED_TRACE(is_per_tensor);
    Options options;
    options.is_per_tensor = is_per_tensor;
    const auto factors = factors_of(model, placement, pairs.pairs, samples, options);
    bool is_any_moved = false;
    for (const auto& [value, all] : factors) {
      for (const float f : all) {
        EXPECT_EQ(std::log2(f), std::round(std::log2(f)));
        is_any_moved = is_any_moved || f != 1;
      }
    }
    EXPECT_TRUE(is_any_moved);
    Model equalized = model.clone();
    ASSERT_TRUE(apply_factors(equalized.graph, placement, pairs.pairs, factors).ok());
    for (const std::uint32_t seed : {3U, 4U}) {
      const Tensor x = random_tensor({1, 3, 8, 8}, seed);
      EXPECT_EQ(first_output(model, x), first_output(equalized, x));
    }
  }
}

TEST(Equalize, ChannelsBeforeADepthwiseLayerBecomeAlike) {
  const Model model = prepared(classifier());
  const SampleFile file("x", {3, 8, 8}, 32);
  samples::Samples samples = file.open(model);
  const Placement placement = place(model.graph, {});
  const auto pairs = find_pairs(model.graph, placement).pairs;
  Model equalized = model.clone();
  ASSERT_TRUE(apply_factors(equalized.graph, placement, pairs,
                            factors_of(model, placement, pairs, samples, {}))
                  .ok());
  const auto spread = [&](const Model& of) {
    std::vector<float> most;
    see_all(of, pairs[0].between, samples, [&](const Tensor& tensor) {
      const auto here = greatest_by_channel(tensor, 1);
      most.resize(here.size());
      for (std::size_t c = 0; c < here.size(); ++c) most[c] = std::max(most[c], here[c]);
    });
    return *std::ranges::max_element(most) / *std::ranges::min_element(most);
  };
  EXPECT_GT(spread(model), 300.0F);
  EXPECT_LT(spread(equalized), 4.0F);
}

TEST(Equalize, LeavesReLU6AndSharedWeights) {
  const std::string weights =
      random_weights("w", {4, 3, 1, 1}, 1) + random_weights("v", {4, 4, 1, 1}, 2);
  const Model clipped = prepared(text_model(
      "%x: float[1,3,8,8]", weights + "init %low = float[] {0.0}\ninit %high = float[] {6.0}\n"
                                      "%a = Conv(%x, %w)\n%c = Clip(%a, %low, %high)\n"
                                      "%y = Conv(%c, %v)\nreturn %y\n"));
  const Pairs pairs = find_pairs(clipped.graph, place(clipped.graph, {}));
  EXPECT_EQ(pairs.pairs.size(), 0U);
  EXPECT_EQ(pairs.clipped, 1U);
  const Model shared = prepared(
      text_model("%x: float[1,3,8,8]",
                 weights + "%a = Conv(%x, %w)\n%b = Conv(%a, %v)\n%y = Conv(%b, %v)\nreturn %y\n"));
  EXPECT_EQ(find_pairs(shared.graph, place(shared.graph, {})).pairs.size(), 0U);
}

TEST(CorrectBias, TakesBackTheShiftOfEachChannel) {
  const Model model = prepared(classifier());
  const SampleFile file("x", {3, 8, 8}, 64);
  samples::Samples samples = file.open(model);
  Options options;
  options.is_per_tensor = true;  // the coarser, the more there is to take back
  options.method = Method::kMinMax;
  const Placement placement = place(model.graph, options);
  Learned learned;
  learned.ranges = *find_ranges(model, placement.quantized, samples, options, kSilent);
  auto watch = Watch::create(model, placement.quantized, samples, options);
  ASSERT_TRUE(watch.ok()) << watch.error().message;
  const auto shifts = find_shifts(model.graph, placement, learned, *watch, options, kSilent);
  ASSERT_TRUE(shifts.ok()) << shifts.error().message;
  EXPECT_EQ(shifts->size(), 5U);
  EXPECT_EQ(shifts->at("stem").size(), 8U);

  // The greatest difference of a channel's mean, at the first layer, where nothing came before.
  const auto shift_of_means = [&](const Learned& with) {
    Model rounded = model.clone();
    EXPECT_TRUE(insert_qdq(rounded, placement, with, options).ok());
    std::vector<double> means[2];
    const Model* const both[] = {&model, &rounded};
    for (const std::size_t which : {0U, 1U}) {
      const Graph& graph = both[which]->graph;
      ValueId stem = kNoValue;
      for (const Node& node : graph.nodes) {
        if (node.name == "stem") stem = node.outputs[0];
      }
      see_all(*both[which], stem, samples, [&](const Tensor& tensor) {
        means[which].resize(8, 0);
        const auto values = tensor.data<float>();
        for (std::size_t i = 0; i < values.size(); ++i)
          means[which][i / 64] += values[i] / (64.0 * 64);
      });
    }
    double most = 0;
    for (std::size_t c = 0; c < 8; ++c) most = std::max(most, std::abs(means[0][c] - means[1][c]));
    return most;
  };
  const double before = shift_of_means(learned);
  learned.shifts = *shifts;
  EXPECT_LT(shift_of_means(learned), 0.35 * before);
}

}  // namespace
}  // namespace slipway::quantize
