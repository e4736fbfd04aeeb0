#include "quantize/cache.h"

#include <gtest/gtest.h>

#include "quantize/test_model.h"

namespace slipway::quantize {
namespace {

Learned example() {
  Learned learned;
  learned.samples = 7;
  learned.ranges = {{"a", {-1.25F, 3}}, {"b c%\n", {0, 0.1F}}};
  learned.factors = {{"a", {2, 0.5F}}};
  learned.shifts = {{"conv", {-0.25F, 1e-30F, 0}}};
  return learned;
}

TEST(Cache, ComesBackToTheBit) {
  const Learned learned = example();
  const auto back = parse_cache(cache_text(learned, 42, {}), 42, {});
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->samples, 7U);
  EXPECT_EQ(back->ranges, learned.ranges);
  EXPECT_EQ(back->factors, learned.factors);
  EXPECT_EQ(back->shifts, learned.shifts);
}

TEST(Cache, IsOfOneModelAndOneSetOfOptions) {
  const std::string text = cache_text(example(), 42, {});
  const auto other_model = parse_cache(text, 43, {});
  ASSERT_FALSE(other_model.ok());
  EXPECT_NE(other_model.error().message.find("another model"), std::string::npos);
  for (const Options& options :
       {Options{.to = Precision::kUint8}, Options{.is_per_tensor = true},
        Options{.is_symmetric = true}, Options{.equalizes = false}, Options{.corrects_bias = false},
        Options{.method = Method::kEntropy}, Options{.percentile = 99}}) {
    const auto other = parse_cache(text, 42, options);
    ASSERT_FALSE(other.ok());
    EXPECT_NE(other.error().message.find("other options"), std::string::npos);
  }
  const Model model = classifier();
  Model changed = model.clone();
  EXPECT_EQ(model_hash(model), model_hash(changed));
  changed.graph.initializers.begin()->second.mutable_data<float>()[0] += 1e-3F;
  EXPECT_NE(model_hash(model), model_hash(changed));
  changed = model.clone();
  changed.graph.nodes[0].attributes[0].name = "dilations";
  EXPECT_NE(model_hash(model), model_hash(changed));
}

TEST(Cache, RefusesWhatItIsNot) {
  const std::string good = cache_text(example(), 42, {});
  for (const std::string& bad :
       {std::string(), std::string("\n\n"), std::string("TRT-8601-EntropyCalibration2\n"),
        good.substr(good.find('\n') + 1), std::string("slipway calibration 1\nsamples 3\n"),
        good + "range d 3f800000 40000000\n", good + "range d bf800000\n", good + "range\n",
        good + "range d bf800000 7f800000\n", good + "range d% bf800000 3f800000\n",
        good + "factors d 00000000\n", good + "factors d xyz\n", good + "samples many\n",
        good + "surprise d 3f800000\n"}) {
    EXPECT_FALSE(parse_cache(bad, 42, {}).ok()) << bad;
  }
  // Cut anywhere it is refused or a part of the whole, and never more.
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto part = parse_cache(good.substr(0, size), 42, {});
    EXPECT_TRUE(!part.ok() || part->ranges.size() + part->shifts.size() <= 3U);
  }
}

TEST(Cache, TensorRTReadsScalesAsTheBitsOfFloats) {
  // 127 / 127 is 1, whose bits are 3f800000; 254 / 127 is 2.
  EXPECT_EQ(tensorrt_cache_text({{"x", {-127, 3}}, {"y", {0, 254}}}, Method::kEntropy),
            "TRT-8601-EntropyCalibration2\nx: 3f800000\ny: 40000000\n");
  EXPECT_EQ(tensorrt_cache_text({}, Method::kMinMax), "TRT-8601-MinMaxCalibration\n");
}

}  // namespace
}  // namespace slipway::quantize
