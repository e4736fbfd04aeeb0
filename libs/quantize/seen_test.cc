#include "quantize/seen.h"

#include <gtest/gtest.h>

#include "quantize/test_model.h"
#include "quantize/watch.h"

namespace slipway::quantize {
namespace {

constexpr Method kMethods[] = {Method::kMinMax, Method::kEntropy, Method::kPercentile,
                               Method::kMse};

Model two_channels() { return text_model("%x: float[1,2,5,5]", "%y = Relu(%x)\nreturn %y\n"); }

Tensor with_factors(const Tensor& x, const std::vector<float>& factors) {
  Tensor scaled = x;
  for (std::size_t i = 0; i < scaled.size(); ++i)
    scaled.mutable_data<float>()[i] *= factors[i / 25];
  return scaled;
}

// What lanes saw, in whatever parts, and with factors now or later, is what was there.
TEST(Seen, LanesAndFactorsDoNotCount) {
  const Model model = two_channels();
  const std::vector<ValueId> values = {model.graph.inputs[0]};
  const std::vector<float> factors = {8, 0.25F};
  for (const Method method : kMethods) {
    SCOPED_TRACE(name(method));
    Options options;
    options.method = method;
    Seen whole(model.graph, values, options);
    Seen scaled(model.graph, values, options);
    Seen later(model.graph, values, options);
    scaled.scale(0, factors);
    later.expect_factors(0);
    std::vector<Tensor> samples;
    for (std::uint32_t seed = 1; seed <= 7; ++seed)
      samples.push_back(random_tensor({1, 2, 5, 5}, seed, seed));
    for (std::size_t i = 0; i < samples.size(); ++i) {
      ASSERT_TRUE(whole.add(0, 0, with_factors(samples[i], factors)).ok());
      ASSERT_TRUE(scaled.add(i % 2, 0, samples[i]).ok());
      ASSERT_TRUE(later.add((i + 1) % 2, 0, samples[i]).ok());
    }
    const std::vector<float> reached = later.reached(0);
    ASSERT_EQ(reached.size(), 2U);
    EXPECT_GT(reached[0], 1);
    later.scale(0, factors);
    EXPECT_EQ(later.wants_again(0), method != Method::kMinMax);
    if (later.wants_again(0)) {
      for (std::size_t i = 0; i < samples.size(); ++i)
        ASSERT_TRUE(later.add(i % 2, 0, samples[i]).ok());
    }
    const auto ranges = whole.ranges();
    ASSERT_TRUE(ranges.ok());
    EXPECT_GT((*ranges)[0].high, 0);
    EXPECT_EQ(*ranges, *scaled.ranges());
    EXPECT_EQ(*ranges, *later.ranges());
  }
}

// A guess stays if it is close, whatever is right to the last bit; else all is added once more.
TEST(Seen, KeepsAGuessThatIsClose) {
  const Model model = two_channels();
  const std::vector<ValueId> values = {model.graph.inputs[0]};
  const std::vector<float> guessed = {8, 0.25F};
  Options options;
  options.method = Method::kMse;
  struct Case {
    float later;  // size of channel 1 after the first sample, where it is 4
    std::vector<float> right;
    bool is_close;
  };
  for (const Case& c : {Case{4, guessed, true}, Case{4, {16, 0.25F}, true},
                        Case{5, {8, 0.125F}, true}, Case{1024, {8, 0x1p-10F}, false}}) {
    SCOPED_TRACE(testing::PrintToString(c.right));
    std::vector<Tensor> samples;
    for (std::uint32_t seed = 1; seed <= 7; ++seed)
      samples.push_back(
          with_factors(random_tensor({1, 2, 5, 5}, seed), {0.125F, seed == 1 ? 4 : c.later}));
    const auto add_all = [&](Seen& seen) {
      for (std::size_t i = 0; i < samples.size(); ++i)
        ASSERT_TRUE(seen.add(i % 2, 0, samples[i]).ok());
    };
    Seen seen(model.graph, values, options);
    seen.expect_factors(0);
    EXPECT_TRUE(seen.expects_factors(0));
    ASSERT_TRUE(seen.add(0, 0, samples[0]).ok());
    seen.guess(0, guessed);
    EXPECT_FALSE(seen.expects_factors(0));
    add_all(seen);
    seen.scale(0, c.right);
    EXPECT_EQ(seen.wants_again(0), !c.is_close);
    if (seen.wants_again(0)) add_all(seen);
    EXPECT_EQ(seen.factors(0), c.is_close ? guessed : c.right);
    Seen known(model.graph, values, options);
    known.scale(0, seen.factors(0));
    add_all(known);
    EXPECT_EQ(*seen.ranges(), *known.ranges());
  }
}

TEST(Seen, NamesTheValueThatIsNotFinite) {
  const Model model = two_channels();
  const std::vector<ValueId> values = {model.graph.inputs[0]};
  for (const Method method : {Method::kMinMax, Method::kMse}) {
    for (const bool has_channels : {false, true}) {
      Options options;
      options.method = method;
      Seen seen(model.graph, values, options);
      if (has_channels) seen.expect_factors(0);
      Tensor x = random_tensor({1, 2, 5, 5}, 1);
      ASSERT_TRUE(seen.add(0, 0, x).ok());
      x.mutable_data<float>()[31] = std::nanf("");
      const Status status = seen.add(1, 0, x);
      ASSERT_FALSE(status.ok());
      EXPECT_NE(status.error().message.find("value x is NaN or infinite"), std::string::npos);
    }
  }
}

// The same whether lanes ran at once or not: calls of a lane are in its order.
TEST(Watch, DealsSamplesToLanesInTurns) {
  const Model model = two_channels();
  const SampleFile file("x", {2, 5, 5}, 301);
  samples::Samples samples = file.open(model);
  std::vector<std::vector<float>> firsts(Watch::kLanes);
  auto watch = Watch::create(model, {model.graph.outputs[0], model.graph.inputs[0]}, samples, {});
  ASSERT_TRUE(watch.ok());
  for (const std::size_t most : {0U, 1U, 10U}) {
    for (auto& lane : firsts) lane.clear();
    const auto count =
        watch->walk(most, {}, "", [&](std::size_t lane, std::size_t i, const Tensor& tensor) {
          if (i == 1) firsts[lane].push_back(tensor.data<float>()[0]);
          return Status();
        });
    ASSERT_TRUE(count.ok());
    ASSERT_EQ(*count, most == 0 ? 301U : most);
    samples.rewind();
    std::vector<Tensor> sample;
    for (std::size_t s = 0; s < *count; ++s) {
      ASSERT_TRUE(*samples.next(sample));
      ASSERT_LT(s / 2, firsts[s % 2].size());
      EXPECT_EQ(firsts[s % 2][s / 2], sample[0].data<float>()[0]) << s;
    }
  }
}

TEST(Watch, TellsTheFirstFault) {
  const Model model = two_channels();
  const SampleFile file("x", {2, 5, 5}, 40);
  samples::Samples samples = file.open(model);
  auto watch = Watch::create(model, {model.graph.inputs[0]}, samples, {});
  ASSERT_TRUE(watch.ok());
  for (const std::size_t faulty : {0U, 1U}) {
    const auto walked =
        watch->walk(0, {}, "", [&](std::size_t lane, std::size_t, const Tensor&) -> Status {
          if (lane == faulty) return Error{Code::kInvalid, "so it is"};
          return {};
        });
    ASSERT_FALSE(walked.ok());
    EXPECT_EQ(walked.error().message, "so it is");
  }
}

}  // namespace
}  // namespace slipway::quantize
