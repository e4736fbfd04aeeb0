// Pairs and triples of convolutions that lie.
#include <gtest/gtest.h>

#include "runtime/steps/lie.h"

namespace slipway::runtime {
namespace {

using plan::KernelId;

// An inverted bottleneck of 16 channels: pointwise, depthwise 3x3, pointwise.
struct Step {
  plan::ConvTripleParams params = {};
  std::vector<Given> inputs;
  Given output = blocked({1, 16, 4, 4});

  static Given blocked(Shape dims) {
    return {DType::kFloat32, std::move(dims), {}, plan::Layout::kBlocked16};
  }
  static Given weights(std::size_t count) {
    return {
        DType::kFloat32, {static_cast<std::int64_t>(count)}, raw(std::vector<float>(count, 0.5F))};
  }

  Step() {
    plan::ConvPairParams& pair = params.pair;
    for (plan::ConvParams* conv : {&pair.first, &pair.second, &params.third}) {
      conv->kind = static_cast<std::uint32_t>(plan::ConvKind::kBlocked);
      conv->groups = 1;
      for (plan::ConvAxisParams& axis : conv->axes) axis = {1, 1, 1, 0};
    }
    for (plan::ConvAxisParams& axis : pair.second.axes) axis = {3, 1, 1, 1};
    pair.middle[0] = 16;
    pair.middle[1] = pair.middle[2] = 4;
    inputs = {
        blocked({1, 16, 4, 4}), weights(256), weights(16),           weights(144), weights(16),
        weights(256),           weights(16),  blocked({1, 16, 4, 4})};
  }

  template <typename Change>
  Lie triple(const char* name, Change change, const char* error) const {
    Step changed = *this;
    change(changed);
    return {name,           KernelId::kConvTriple,  changed.inputs,
            changed.output, raw_of(changed.params), error};
  }
  template <typename Change>
  Lie pair(const char* name, Change change, const char* error) const {
    Step changed = *this;
    changed.inputs.resize(5);
    change(changed);
    return {name,           KernelId::kConvPair,         changed.inputs,
            changed.output, raw_of(changed.params.pair), error};
  }
};

TEST(Bottleneck, FitsItsTensors) {
  const Step sound;
  const auto both = [&](const char* name, auto change, const char* error) {
    expect_told({sound.pair(name, change, error), sound.triple(name, change, error)});
  };
  constexpr const char* kWeights = "weights or biases do not fit";
  both(
      "true", [](Step& /*b*/) {}, nullptr);
  both(
      "few weights", [](Step& b) { b.inputs[1] = b.weights(255); }, kWeights);
  both(
      "weights that are no constant", [](Step& b) { b.inputs[1] = floats({256}); }, kWeights);
  both(
      "few biases", [](Step& b) { b.inputs[2] = b.weights(15); }, kWeights);
  both(
      "few taps", [](Step& b) { b.inputs[3] = b.weights(143); }, kWeights);
  both(
      "a larger window", [](Step& b) { b.params.pair.second.axes[1].kernel = 5; }, kWeights);
  both(
      "no window", [](Step& b) { b.params.pair.second.axes[0].kernel = 0; }, "window");
  both(
      "a stride of none", [](Step& b) { b.params.pair.first.axes[1].stride = 0; }, "window");
  both(
      "nothing between", [](Step& b) { b.params.pair.middle[1] = 0; }, "do not fit together");
  both(
      "rows beyond memory", [](Step& b) { b.params.pair.middle[2] = 1U << 31; }, "too long");
  both(
      "channels beyond memory", [](Step& b) { b.params.pair.middle[0] = ~0U; }, "");
  both(
      "a plain output", [](Step& b) { b.output.layout = plan::Layout::kPlain; },
      "do not fit together");
  both(
      "another batch",
      [](Step& b) {
        b.output = b.blocked({2, 16, 4, 4});
      },
      "do not fit together");
  both(
      "an input of three axes",
      [](Step& b) {
        b.inputs[0] = b.blocked({1, 16, 4});
      },
      "do not fit together");
  both(
      "a transposed one",
      [](Step& b) {
        b.params.pair.first.kind = static_cast<std::uint32_t>(plan::ConvKind::kTransposed);
      },
      "do not fit together");
  expect_told({
      sound.pair(
          "more channels",
          [](Step& b) {
            b.output = b.blocked({1, 32, 4, 4});
          },
          "other channels"),
      sound.triple(
          "more channels",
          [](Step& b) {
            b.output = b.blocked({1, 32, 4, 4});
          },
          kWeights),
      sound.triple(
          "few last weights", [](Step& b) { b.inputs[5] = b.weights(255); }, kWeights),
      sound.triple(
          "another residual",
          [](Step& b) {
            b.inputs[7] = b.blocked({1, 16, 4, 5});
          },
          "residual"),
      sound.triple(
          "a plain residual",
          [](Step& b) {
            b.inputs[7] = floats({1, 16, 4, 4});
          },
          "residual"),
  });
}

}  // namespace
}  // namespace slipway::runtime
