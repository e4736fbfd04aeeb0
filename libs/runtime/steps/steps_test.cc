// Steps that lie: whatever a plan says of them, preparing it gives an error that tells why.
#include <gtest/gtest.h>

#include <limits>

#include "kernels/elementwise/binary.h"
#include "kernels/elementwise/compare.h"
#include "kernels/rows/reduce.h"
#include "runtime/steps/lie.h"

namespace slipway::runtime {
namespace {

using plan::KernelId;

std::vector<std::byte> view(std::vector<plan::ViewAxis> axes) { return raw(std::move(axes)); }

constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
constexpr const char* kOutside = "reads elements that its input does not have";

TEST(Steps, ViewsStayInsideTheirInput) {
  const Given from = floats({2, 3});
  const auto one = [&](const char* name, Given output, std::vector<plan::ViewAxis> axes,
                       const char* error) {
    return Lie{name, KernelId::kView, {from}, std::move(output), view(std::move(axes)), error};
  };
  expect_told({
      one("a transpose", floats({3, 2}), {{1, 0, 0, 1}, {0, 0, 0, 1}}, nullptr),
      one("backwards", floats({3}), {{1, 0, 2, -1}}, nullptr),
      one("repeated", floats({7, 3}), {{-1, 0, 0, 0}, {1, 0, 0, 1}}, nullptr),
      one("no elements", floats({0, 9}), {{5, 0, -1, 7}, {5, 0, 0, 0}}, nullptr),
      one("one too many", floats({4}), {{1, 0, 0, 1}}, kOutside),
      one("a start before the axis", floats({1}), {{1, 0, -1, 1}}, kOutside),
      one("a start behind the axis", floats({1}), {{1, 0, 3, 1}}, kOutside),
      one("a step too wide", floats({2}), {{1, 0, 0, 3}}, kOutside),
      one("backwards too far", floats({3}), {{1, 0, 1, -1}}, kOutside),
      one("a step that overflows", floats({3}), {{1, 0, 0, kHuge}}, kOutside),
      one("an end that overflows", floats({2}), {{1, 0, 2, kHuge}}, kOutside),
      one("an axis that does not exist", floats({2}), {{2, 0, 0, 1}}, kOutside),
      one("a negative axis", floats({2}), {{-2, 0, 0, 1}}, kOutside),
      one("an axis twice", floats({2, 2}), {{0, 0, 0, 1}, {0, 0, 0, 1}}, kOutside),
      one("another type", whole({2}), {{0, 0, 0, 1}}, "different types"),
      one("too few parameters", floats({3, 2}), {{1, 0, 0, 1}}, "wrong size"),
      {"an empty input",
       KernelId::kView,
       {floats({0, 3})},
       floats({3}),
       view({{1, 0, 0, 1}}),
       kOutside},
      {"nine axes",
       KernelId::kView,
       {floats({3, 3, 3, 3, 3, 3, 3, 3, 3})},
       floats({3, 3, 3, 3, 3, 3, 3, 3, 3}),
       view({{8, 0, 0, 1},
             {7, 0, 0, 1},
             {6, 0, 0, 1},
             {5, 0, 0, 1},
             {4, 0, 0, 1},
             {3, 0, 0, 1},
             {2, 0, 0, 1},
             {1, 0, 0, 1},
             {0, 0, 0, 1}}),
       "too many axes"},
  });
}

TEST(Steps, ConcatenationsFillTheirOutput) {
  const auto one = [](const char* name, std::vector<Given> inputs, Given output, std::uint32_t axis,
                      const char* error) {
    return Lie{name,
               KernelId::kConcat,
               std::move(inputs),
               std::move(output),
               raw_of(plan::ConcatParams{axis}),
               error};
  };
  expect_told({
      one("two", {floats({2, 3}), floats({2, 1})}, floats({2, 4}), 1, nullptr),
      one("too short", {floats({2, 3}), floats({2, 1})}, floats({2, 5}), 1, "do not fill"),
      one("too long", {floats({2, 3}), floats({2, 3})}, floats({2, 5}), 1, "do not fill"),
      one("another side", {floats({2, 3}), floats({3, 1})}, floats({2, 4}), 1, "does not fit"),
      one("another rank", {floats({2, 3}), floats({2})}, floats({2, 4}), 1, "does not fit"),
      one("another type", {floats({2, 3}), whole({2, 1})}, floats({2, 4}), 1, "does not fit"),
      one("no such axis", {floats({2, 3}), floats({2, 1})}, floats({2, 4}), 2, "axis"),
      one("nothing", {}, floats({2, 4}), 0, "do not fill"),
  });
}

TEST(Steps, MapsNameElementsThatAreThere) {
  const auto one = [](const char* name, Given maps, Given output, std::uint32_t mapped,
                      const char* error) {
    return Lie{name,
               KernelId::kMapped,
               {floats({2, 3}), std::move(maps)},
               std::move(output),
               raw_of(plan::MappedParams{mapped}),
               error};
  };
  expect_told({
      one("padding", indexes({-1, 0, 1, 2, -1}), floats({2, 5}), 2, nullptr),
      one("both axes", indexes({1, 0, 2, 2, 2, 0}), floats({2, 4}), 3, nullptr),
      one("beyond", indexes({0, 3}), floats({2, 2}), 2, kOutside),
      one("before", indexes({0, -2}), floats({2, 2}), 2, kOutside),
      one("hugely", indexes({0, std::numeric_limits<std::int64_t>::min()}), floats({2, 2}), 2,
          kOutside),
      one("too few", indexes({0, 1}), floats({2, 3}), 2, "not all there"),
      one("too many", indexes({0, 1, 2, 0}), floats({2, 3}), 2, "more maps"),
      one("no such axis", indexes({0, 1, 2}), floats({2, 3}), 4, "does not exist"),
      one("an unmapped axis differs", indexes({0, 1, 2}), floats({3, 3}), 2, "not mapped"),
      one("not constant", whole({3}), floats({2, 3}), 2, "not constants"),
      {"a fill of two",
       KernelId::kMapped,
       {floats({2, 3}), indexes({0, 1, 2}), floats({2})},
       floats({2, 3}),
       raw_of(plan::MappedParams{2}),
       "do not fit"},
      {"an endless axis that is not mapped",
       KernelId::kMapped,
       {{DType::kUint8, {std::int64_t{1} << 40, 1}}, indexes({0})},
       {DType::kUint8, {std::int64_t{1} << 40, 1}},
       raw_of(plan::MappedParams{2}),
       "too long"},
  });
}

TEST(Steps, GatheringFitsItsIndices) {
  const auto one = [](const char* name, KernelId kernel, Given indices, Given output,
                      std::uint32_t axis, const char* error) {
    return Lie{name,
               kernel,
               {floats({4, 3}), std::move(indices)},
               std::move(output),
               raw_of(plan::GatherParams{axis}),
               error};
  };
  constexpr auto kGather = KernelId::kGather;
  constexpr auto kElements = KernelId::kGatherElements;
  expect_told({
      one("rows", kGather, whole({2}), floats({2, 3}), 0, nullptr),
      one("too many rows", kGather, whole({2}), floats({3, 3}), 0, "do not fit"),
      one("no such axis", kGather, whole({2}), floats({2, 3}), 2, "axis"),
      one("indices of floats", kGather, floats({2}), floats({2, 3}), 0, "neither int32"),
      one("elements", kElements, whole({2, 3}), floats({2, 3}), 0, nullptr),
      one("more than there are", kElements, whole({2, 4}), floats({2, 4}), 0, kOutside),
      one("another rank", kElements, whole({6}), floats({6}), 0, "do not fit"),
      one("indices of another shape", kElements, whole({3, 2}), floats({2, 3}), 0, "do not fit"),
  });
}

TEST(Steps, RowsFitTheirParameters) {
  const Given x = floats({2, 4, 3});
  constexpr auto kSum = static_cast<std::uint32_t>(Reduction::kSum);
  const auto reduce = [&](const char* name, Given output, plan::ReduceParams params,
                          const char* error) {
    return Lie{name, KernelId::kReduce, {x}, std::move(output), raw_of(params), error};
  };
  const auto softmax = [&](const char* name, Given output, plan::SoftmaxParams params,
                           const char* error) {
    return Lie{name, KernelId::kSoftmax, {x}, std::move(output), raw_of(params), error};
  };
  expect_told({
      reduce("columns", floats({2, 3}), {kSum, 1, 2}, nullptr),
      reduce("a larger output", floats({2, 4}), {kSum, 1, 2}, "another size"),
      reduce("axes the wrong way", floats({2, 3}), {kSum, 2, 1}, "axes"),
      reduce("no such axis", floats({2, 4}), {kSum, 2, 4}, "axes"),
      reduce("no such function", floats({2, 3}), {99, 1, 2}, "reduction"),
      reduce("another type", whole({2, 3}), {kSum, 1, 2}, "int64"),
      {"nothing to reduce",
       KernelId::kReduce,
       {floats({0, 3})},
       floats({3}),
       raw_of(plan::ReduceParams{kSum, 0, 1}),
       "no elements"},
      {"an extreme's place",
       KernelId::kArgExtreme,
       {x},
       whole({2, 3}),
       raw_of(plan::ArgExtremeParams{1, 1, 0}),
       nullptr},
      {"no place for it",
       KernelId::kArgExtreme,
       {x},
       whole({2, 2}),
       raw_of(plan::ArgExtremeParams{1, 1, 0}),
       "another size"},
      softmax("rows", x, {2, 3, 0}, nullptr),
      softmax("a smaller output", floats({2, 4, 2}), {2, 3, 0}, "do not fit"),
      softmax("axes the wrong way", x, {3, 2, 0}, "do not fit"),
      softmax("no such axis", x, {3, 4, 0}, "do not fit"),
  });
}

TEST(Steps, NormalisationsHaveTheirParameters) {
  const Given x = floats({2, 4, 3});
  const auto norm = [&](const char* name, KernelId kernel, std::vector<Given> parameters,
                        std::vector<std::byte> params, const char* error) {
    parameters.insert(parameters.begin(), x);
    return Lie{name, kernel, std::move(parameters), x, std::move(params), error};
  };
  constexpr auto kLayer = KernelId::kLayerNorm;
  constexpr auto kGroup = KernelId::kGroupNorm;
  constexpr auto kBatch = KernelId::kBatchNorm;
  const Given four = floats({4});
  const Given three = floats({3});
  expect_told({
      norm("rows", kLayer, {three, three}, raw_of(plan::LayerNormParams{2, 0, 0}), nullptr),
      norm("a long scale", kLayer, {four, three}, raw_of(plan::LayerNormParams{2, 0, 0}),
           "wrong number"),
      norm("a short bias", kLayer, {three, floats({2})}, raw_of(plan::LayerNormParams{2, 0, 0}),
           "wrong number"),
      norm("no such axis", kLayer, {three}, raw_of(plan::LayerNormParams{4, 0, 0}), "axis"),
      norm("groups", kGroup, {four, four}, raw_of(plan::GroupNormParams{2, 0, 0}), nullptr),
      norm("no groups", kGroup, {four, four}, raw_of(plan::GroupNormParams{0, 0, 0}), "groups"),
      norm("uneven groups", kGroup, {four, four}, raw_of(plan::GroupNormParams{3, 0, 0}), "groups"),
      norm("one a group", kGroup, {four, four}, raw_of(plan::GroupNormParams{2, 0, 1}),
           "wrong number"),
      norm("channels", kBatch, {four, four, four, four}, raw_of(plan::BatchNormParams{1, 2, 0}),
           nullptr),
      norm("few channels", kBatch, {four, four, three, four},
           raw_of(plan::BatchNormParams{1, 2, 0}), "wrong number"),
      norm("axes the wrong way", kBatch, {four, four, four, four},
           raw_of(plan::BatchNormParams{2, 1, 0}), "axes"),
      norm("no such axis", kBatch, {four, four, four, four}, raw_of(plan::BatchNormParams{1, 4, 0}),
           "axes"),
      {"a larger output",
       kLayer,
       {floats({2, 3})},
       floats({3, 3}),
       raw_of(plan::LayerNormParams{1, 0, 0}),
       "another size"},
  });
}

TEST(Steps, ChoicesBroadcast) {
  const Given bools = {DType::kBool, {2, 1}};
  const Given out = {DType::kBool, {2, 3}};
  constexpr auto kLess = static_cast<std::uint32_t>(Compare::kLess);
  const auto compare = [&](const char* name, Given a, Given output, std::uint32_t function,
                           const char* error) {
    return Lie{name,
               KernelId::kCompare,
               {std::move(a), floats({3})},
               std::move(output),
               raw_of(plan::CompareParams{function}),
               error};
  };
  expect_told({
      compare("columns with rows", floats({2, 1}), out, kLess, nullptr),
      compare("another extent", floats({2, 2}), out, kLess, "broadcast"),
      compare("more axes than the output", floats({1, 2, 3}), out, kLess, "broadcast"),
      compare("no such comparison", floats({2, 1}), out, 5, "comparison"),
      compare("to floats", floats({2, 1}), floats({2, 3}), kLess, "bools"),
      {"a choice", KernelId::kWhere, {bools, floats({3}), floats({})}, floats({2, 3}), {}, nullptr},
      {"of two types",
       KernelId::kWhere,
       {bools, floats({3}), whole({3})},
       floats({2, 3}),
       {},
       "types"},
      {"of the widest elements",
       KernelId::kWhere,
       {bools, {DType::kComplex128, {3}}, {DType::kComplex128, {3}}},
       {DType::kComplex128, {2, 3}},
       {},
       "types"},
      {"logic of bools",
       KernelId::kLogic,
       {bools, {DType::kBool, {3}}},
       out,
       raw_of(plan::LogicParams{2}),
       nullptr},
      {"no such logic",
       KernelId::kLogic,
       {bools, {DType::kBool, {3}}},
       out,
       raw_of(plan::LogicParams{3}),
       "does not exist"},
      {"logic of bytes",
       KernelId::kLogic,
       {bools, {DType::kUint8, {3}}},
       out,
       raw_of(plan::LogicParams{0}),
       "uint8"},
      {"comparing two types",
       KernelId::kCompare,
       {floats({2, 1}), whole({3})},
       out,
       raw_of(plan::CompareParams{kLess}),
       "one type"},
      {"comparing halves",
       KernelId::kCompare,
       {{DType::kFloat16, {3}}, {DType::kFloat16, {3}}},
       {DType::kBool, {3}},
       raw_of(plan::CompareParams{kLess}),
       "no kernel"},
      {"by floats",
       KernelId::kWhere,
       {floats({2, 1}), floats({3}), floats({3})},
       floats({2, 3}),
       {},
       "types"},
  });
}

TEST(Steps, TapsLieInsideTheirAxis) {
  const auto one = [](const char* name, std::vector<std::int32_t> positions, std::uint32_t axis,
                      std::uint32_t width, const char* error) {
    const std::vector<float> weights(positions.size(), 0.5F);
    const Shape size = {static_cast<std::int64_t>(positions.size())};
    return Lie{name,
               KernelId::kResample,
               {floats({2, 3}),
                {DType::kInt32, size, raw(positions)},
                {DType::kFloat32, size, raw(weights)}},
               floats({2, 2}),
               raw_of(plan::ResampleParams{axis, width}),
               error};
  };
  expect_told({
      one("two taps", {0, 1, 1, 2}, 1, 2, nullptr),
      one("beyond", {0, 1, 1, 3}, 1, 2, kOutside),
      one("before", {0, 1, -1, 2}, 1, 2, kOutside),
      one("too few", {0, 1, 1}, 1, 2, "right size"),
      one("a width that overflows", {0, 1, 1, 2}, 1, 0x80000001U, "right size"),
      one("another axis", {0, 1, 1, 2}, 0, 2, "do not fit"),
      one("no such axis", {0, 1, 1, 2}, 7, 2, "do not fit"),
  });
}

TEST(Steps, ConversionsHaveAKernelAndTheirScales) {
  const Given bytes = {DType::kUint8, {2, 3}};
  const auto quantize = [&](const char* name, std::vector<Given> scales, Given output,
                            plan::ScaledParams params, const char* error) {
    scales.insert(scales.begin(), floats({2, 3}));
    return Lie{name, KernelId::kQuantize, std::move(scales), std::move(output), raw_of(params),
               error};
  };
  expect_told({
      {"to half", KernelId::kConvert, {floats({6})}, {DType::kFloat16, {6}}, {}, nullptr},
      {"more halves", KernelId::kConvert, {floats({6})}, {DType::kFloat16, {7}}, {}, "size"},
      {"to four bits", KernelId::kConvert, {floats({6})}, {DType::kInt4, {6}}, {}, "no kernel"},
      quantize("one scale", {floats({})}, bytes, {0, 0}, nullptr),
      quantize("a scale a column", {floats({3}), {DType::kUint8, {3}}}, bytes, {1, 2}, nullptr),
      quantize("too few scales", {floats({2})}, bytes, {1, 2}, "number of scales"),
      quantize("too few zero points", {floats({3}), {DType::kUint8, {2}}}, bytes, {1, 2},
               "number of scales"),
      quantize("zero points of another type", {floats({3}), {DType::kInt8, {3}}}, bytes, {1, 2},
               "types"),
      quantize("to int32", {floats({})}, {DType::kInt32, {2, 3}}, {0, 0}, "int32"),
      quantize("to floats", {floats({})}, floats({2, 3}), {0, 0}, "types"),
      quantize("no such axis", {floats({})}, bytes, {3, 3}, "do not fit"),
      quantize("a larger output", {floats({})}, {DType::kUint8, {2, 4}}, {0, 0}, "do not fit"),
      {"back",
       KernelId::kDequantize,
       {bytes, floats({3})},
       floats({2, 3}),
       raw_of(plan::ScaledParams{1, 2}),
       nullptr},
      {"a forest that is none",
       KernelId::kTrees,
       {floats({2, 3}), {DType::kUint8, {64}, std::vector<std::byte>(64)}},
       floats({2, 1}),
       raw_of(plan::TreesParams{1, 0}),
       "damaged"},
  });
}

// What no plan can know: indices come with the data.
TEST(Steps, AnIndexOutOfRangeEndsTheRun) {
  const OneStepPlan plan({"rows",
                          KernelId::kGather,
                          {floats({4, 3}), whole({2})},
                          floats({2, 3}),
                          raw_of(plan::GatherParams{0}),
                          nullptr});
  const auto session = plan.prepare();
  ASSERT_TRUE(session.ok()) << session.error().message;
  float x[12] = {};
  float y[6] = {};
  for (const std::int64_t bad : {std::int64_t{4}, std::int64_t{-5}, kHuge}) {
    const std::int64_t indices[] = {0, bad};
    const void* const inputs[] = {x, indices};
    void* const outputs[] = {y};
    EXPECT_EQ((*session)->run(inputs, outputs), RunCode::kBadIndex) << bad;
  }
  const std::int64_t indices[] = {3, -4};
  const void* const inputs[] = {x, indices};
  void* const outputs[] = {y};
  EXPECT_EQ((*session)->run(inputs, outputs), RunCode::kOk);
}

}  // namespace
}  // namespace slipway::runtime
