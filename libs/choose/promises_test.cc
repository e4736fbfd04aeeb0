#include "choose/promises.h"

#include <cmath>
#include <random>

namespace slipway::choose {
namespace {

TEST(OutputWatchTest, CountsTheSamplesThatLeaveTheClamp) {
  const recipe::OutputPart part = {.clamp = {{-1, 1.1}}, .safe_value = {0}};
  OutputWatch watch("rudder", &part);
  for (const std::vector<float>& answer :
       std::vector<std::vector<float>>{{-1, 1.1F}, {0.5, 1.5}, {-3, 2}, {NAN, 0}, {0, 0}}) {
    ASSERT_TRUE(watch.add(Tensor::of<float>(answer)).ok());
  }
  EXPECT_EQ(watch.range().samples, 5U);
  EXPECT_EQ(watch.range().outside, 3U);
  EXPECT_EQ(watch.range().lowest, -3);
  EXPECT_EQ(watch.range().highest, 2);
  EXPECT_TRUE(watch.range().has_safe_value);
  EXPECT_FALSE(OutputWatch("speed", nullptr).range().clamp.has_value());
}

// Of normal distributions, one for each position, that repeat along the sample.
report::InputLook look(const recipe::InputPart& part, const std::vector<double>& mean,
                       const std::vector<double>& spread) {
  InputWatch watch("x", part);
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    std::vector<float> sample;
    for (std::size_t at = 0; at < 2 * mean.size(); ++at) {
      std::normal_distribution<double> value(mean[at % mean.size()], 1);
      const double standard = value(random) - mean[at % mean.size()];
      sample.push_back(
          static_cast<float>(mean[at % mean.size()] + spread[at % mean.size()] * standard));
    }
    EXPECT_TRUE(watch.add(Tensor::of<float>(sample)).ok());
  }
  return watch.look();
}

bool looks_raw(const report::InputLook& look) {
  return look.distance_to_raw < look.distance_to_normalised;
}

TEST(InputWatchTest, TellsTheSensorsValuesFromNormalisedOnes) {
  const recipe::InputPart pixels = {.mean = {128}, .scale = {64}};
  EXPECT_TRUE(looks_raw(look(pixels, {120}, {70})));
  EXPECT_FALSE(looks_raw(look(pixels, {0.1}, {1.2})));
  const recipe::InputPart channels = {.mean = {0, 50, 1000}, .scale = {1, 10, 5}};
  const report::InputLook raw = look(channels, {0.2, 45, 990}, {1.1, 8, 9});
  EXPECT_TRUE(looks_raw(raw));
  EXPECT_EQ(raw.positions, 2U) << "the first position says nothing";
  EXPECT_FALSE(looks_raw(look(channels, {0.2, -0.5, -2}, {1.1, 0.8, 1.8})));
}

TEST(InputWatchTest, SaysNothingWhereNothingCanBeSaid) {
  EXPECT_EQ(look({.mean = {0}, .scale = {1}}, {0.5}, {1}).positions, 0U);
  EXPECT_EQ(look({.mean = {0.05}, .scale = {1.1}}, {0}, {1}).positions, 0U);
  EXPECT_EQ(look({.mean = {128}, .scale = {64}}, {3}, {0}).positions, 0U) << "it never changes";
}

}  // namespace
}  // namespace slipway::choose
