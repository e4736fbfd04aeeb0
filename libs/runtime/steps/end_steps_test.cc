// Steps of operators that stand at the ends of models, when they lie.
#include <gtest/gtest.h>

#include <limits>

#include "runtime/steps/lie.h"

namespace slipway::runtime {
namespace {

using plan::KernelId;

constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();

TEST(EndSteps, WhatIsSortedFitsItsOutputs) {
  const Given x = floats({2, 4, 3});
  const Given nothing = {DType::kUndefined, {}};
  const auto one = [&](const char* name, Given values, Given indices, std::uint32_t axis,
                       const char* error) {
    return Lie{
        name,  KernelId::kTopK,     {x}, std::move(values), raw_of(plan::TopKParams{axis, 1}),
        error, {std::move(indices)}};
  };
  expect_told({
      one("rows", floats({2, 4, 2}), whole({2, 4, 2}), 2, nullptr),
      one("columns", floats({2, 4, 3}), whole({2, 4, 3}), 1, nullptr),
      one("places alone", nothing, whole({1, 4, 3}), 0, nullptr),
      one("values alone", floats({2, 1, 3}), nothing, 1, nullptr),
      one("none of three", floats({2, 4, 0}), whole({2, 4, 0}), 2, nullptr),
      one("more than there are", floats({2, 5, 3}), whole({2, 5, 3}), 1, "do not fit"),
      one("of another axis", floats({2, 4, 2}), whole({2, 4, 2}), 1, "do not fit"),
      one("another rank", floats({8, 2}), whole({8, 2}), 1, "do not fit"),
      one("fewer places", floats({2, 4, 2}), whole({2, 4, 1}), 2, "do not fit"),
      one("no such axis", floats({2, 4, 2}), whole({2, 4, 2}), 3, "axis"),
      one("another type", whole({2, 4, 2}), whole({2, 4, 2}), 2, "sorts floats"),
      one("places of floats", floats({2, 4, 2}), floats({2, 4, 2}), 2, "sorts floats"),
      one("nothing at all", nothing, nothing, 2, "number of operands"),
  });
}

TEST(EndSteps, RunningSumsHaveAnAxis) {
  const auto one = [](const char* name, Given x, Given y, plan::CumSumParams params,
                      const char* error) {
    return Lie{name, KernelId::kCumSum, {std::move(x)}, std::move(y), raw_of(params), error};
  };
  const Given x = floats({2, 4, 3});
  expect_told({
      one("rows", x, x, {2, 3}, nullptr),
      one("columns of int64", whole({2, 4}), whole({2, 4}), {0, 0}, nullptr),
      one("nothing", floats({0, 4}), floats({0, 4}), {1, 0}, nullptr),
      one("no such axis", x, x, {3, 0}, "axis"),
      one("unknown flags", x, x, {0, 4}, "flags"),
      one("a larger output", x, floats({2, 5, 3}), {1, 0}, "do not fit"),
      one("another type", x, whole({2, 4, 3}), {1, 0}, "do not fit"),
      one("bytes", {DType::kUint8, {3}}, {DType::kUint8, {3}}, {0, 0}, "sums floats"),
  });
}

TEST(EndSteps, SamplesFitTheirPoints) {
  const auto one = [](const char* name, Given x, Given points, Given y,
                      plan::GridSampleParams params, const char* error) {
    return Lie{name,         KernelId::kGridSample, {std::move(x), std::move(points)},
               std::move(y), raw_of(params),        error};
  };
  const Given x = floats({2, 3, 5, 7});
  const Given points = floats({2, 4, 6, 2});
  const Given y = floats({2, 3, 4, 6});
  const Given blocked = {DType::kFloat32, {2, 3, 5, 7}, {}, plan::Layout::kBlocked16};
  const Given blocked_out = {DType::kFloat32, {2, 3, 4, 6}, {}, plan::Layout::kBlocked16};
  expect_told({
      one("bilinear", x, points, y, {0, 2, 1}, nullptr),
      one("in blocks", blocked, points, blocked_out, {1, 0, 0}, nullptr),
      one("blocks to plain", blocked, points, y, {1, 0, 0}, "do not fit"),
      one("no such padding", x, points, y, {0, 3, 0}, "padding"),
      one("points in space", x, floats({2, 4, 6, 3}), y, {0, 0, 0}, "do not fit"),
      one("points of fewer images", x, floats({1, 4, 6, 2}), y, {0, 0, 0}, "do not fit"),
      one("more channels", x, points, floats({2, 4, 4, 6}), {0, 0, 0}, "do not fit"),
      one("more samples", x, points, floats({2, 3, 4, 7}), {0, 0, 0}, "do not fit"),
      one("an empty image", floats({2, 3, 0, 7}), points, y, {0, 0, 0},
          "reads elements that its input does not have"),
      one("no points", x, floats({2, 0, 6, 2}), floats({2, 3, 0, 6}), {0, 0, 0}, nullptr),
      one("points of integers", x, whole({2, 4, 6, 2}), y, {0, 0, 0}, "int64"),
  });
}

}  // namespace
}  // namespace slipway::runtime
