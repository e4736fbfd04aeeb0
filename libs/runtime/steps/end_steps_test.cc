// Steps of operators that stand at the ends of models, when they lie.
#include <gtest/gtest.h>

#include <limits>

#include "kernels/elementwise/doubles.h"
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

TEST(EndSteps, ScatteringFitsItsIndices) {
  const auto one = [](const char* name, KernelId kernel, Given indices, Given updates, Given y,
                      std::vector<std::byte> params, const char* error) {
    return Lie{name,
               kernel,
               {floats({4, 3}), std::move(indices), std::move(updates)},
               std::move(y),
               std::move(params),
               error};
  };
  constexpr auto kElements = KernelId::kScatterElements;
  constexpr auto kBlocks = KernelId::kScatterBlocks;
  const auto axis = [](std::uint32_t a) { return raw_of(plan::ScatterElementsParams{a}); };
  const Given y = floats({4, 3});
  const Given two = floats({2, 3});
  expect_told({
      one("elements", kElements, whole({9, 3}), floats({9, 3}), y, axis(0), nullptr),
      one("no elements", kElements, whole({0, 9}), floats({0, 9}), y, axis(0), nullptr),
      one("no such axis", kElements, whole({2, 3}), two, y, axis(2), "axis"),
      one("more than there are", kElements, whole({2, 4}), floats({2, 4}), y, axis(0),
          "does not have"),
      one("another rank", kElements, whole({6}), floats({6}), y, axis(0), "do not fit"),
      one("fewer updates", kElements, whole({2, 3}), floats({2, 2}), y, axis(0), "do not fit"),
      one("indices of floats", kElements, two, two, y, axis(0), "neither int32"),
      one("updates of integers", kElements, whole({2, 3}), whole({2, 3}), y, axis(0),
          "different types"),
      one("another output", kElements, whole({2, 3}), two, floats({3, 4}), axis(0), "do not fit"),
      one("rows", kBlocks, whole({2, 1}), two, y, {}, nullptr),
      one("no rows", kBlocks, whole({0, 1}), floats({0, 3}), y, {}, nullptr),
      one("single elements", kBlocks, whole({5, 2}), floats({5}), y, {}, nullptr),
      one("too few updates", kBlocks, whole({3, 1}), two, y, {}, "do not fit"),
      one("too deep", kBlocks, whole({2, 3}), two, y, {}, "axes"),
      one("of no depth", kBlocks, whole({2, 0}), two, y, {}, "axes"),
      one("a single index", kBlocks, whole({}), two, y, {}, "axes"),
      one("narrow indices", kBlocks, {DType::kInt32, {2, 1}}, two, y, {}, "not int64"),
  });
}

TEST(EndSteps, ScatteringOutOfRangeEndsTheRun) {
  for (const KernelId kernel : {KernelId::kScatterElements, KernelId::kScatterBlocks}) {
    const bool is_elements = kernel == KernelId::kScatterElements;
    const Shape one = is_elements ? Shape{2} : Shape{2, 1};
    const OneStepPlan plan(
        {"scatter",
         kernel,
         {floats({4}), whole(one), floats({2})},
         floats({4}),
         is_elements ? raw_of(plan::ScatterElementsParams{0}) : std::vector<std::byte>(),
         nullptr});
    const auto session = plan.prepare();
    ASSERT_TRUE(session.ok()) << session.error().message;
    const float x[4] = {1, 2, 3, 4};
    const float updates[2] = {8, 9};
    float y[4] = {};
    void* const outputs[] = {y};
    for (const std::int64_t bad : {std::int64_t{4}, std::int64_t{-5}, kHuge, -kHuge - 1}) {
      const std::int64_t indices[] = {0, bad};
      const void* const inputs[] = {x, indices, updates};
      EXPECT_EQ((*session)->run(inputs, outputs), RunCode::kBadIndex) << bad;
    }
    const std::int64_t indices[] = {3, -1};  // the later one stays
    const void* const inputs[] = {x, indices, updates};
    EXPECT_EQ((*session)->run(inputs, outputs), RunCode::kOk);
    EXPECT_EQ(y[2], 3);
    EXPECT_EQ(y[3], 9);
  }
}

TEST(EndSteps, BlocksGatheredFitTheirIndices) {
  const auto one = [](const char* name, Given indices, Given y, std::uint32_t batch,
                      const char* error) {
    return Lie{name,
               KernelId::kGatherBlocks,
               {floats({4, 3, 5}), std::move(indices)},
               std::move(y),
               raw_of(plan::GatherBlocksParams{batch}),
               error};
  };
  expect_told({
      one("rows", whole({2, 1}), floats({2, 3, 5}), 0, nullptr),
      one("elements", whole({7, 3}), floats({7}), 0, nullptr),
      one("of each batch", whole({4, 2, 1}), floats({4, 2, 5}), 1, nullptr),
      one("none", whole({0, 1}), floats({0, 3, 5}), 0, nullptr),
      one("fewer batches", whole({3, 2, 1}), floats({3, 2, 5}), 1, "do not fit"),
      one("more than named", whole({2, 1}), floats({3, 3, 5}), 0, "do not fit"),
      one("larger blocks", whole({2, 1}), floats({2, 4, 5}), 0, "do not fit"),
      one("too deep", whole({2, 4}), floats({2}), 0, "axes"),
      one("too deep after a batch", whole({4, 3}), floats({4}), 1, "axes"),
      one("of no depth", whole({2, 0}), floats({2, 4, 3, 5}), 0, "axes"),
      one("batches alone", whole({4, 3}), floats({4}), 2, "axes"),
      one("no such batch", whole({4, 3, 5, 1}), floats({4, 3, 5}), 3, "axes"),
      one("a huge batch", whole({2, 1}), floats({2, 3, 5}), 0xFFFFFFFF, "axes"),
      one("a single index", whole({}), floats({3, 5}), 0, "axes"),
      one("narrow indices", {DType::kInt32, {2, 1}}, floats({2, 3, 5}), 0, "not int64"),
      one("another type", whole({2, 1}), whole({2, 3, 5}), 0, "different types"),
  });
}

TEST(EndSteps, TrianglesAreOfMatrices) {
  const auto one = [](const char* name, Given x, Given k, Given y, const char* error) {
    return Lie{name,
               KernelId::kTriangle,
               {std::move(x), std::move(k)},
               std::move(y),
               raw_of(plan::TriangleParams{1}),
               error};
  };
  const Given none = {DType::kUndefined, {}};
  const Given x = floats({2, 3, 4});
  expect_told({
      one("matrices", x, none, x, nullptr),
      one("another diagonal", x, whole({1}), x, nullptr),
      one("nothing", floats({0, 3}), none, floats({0, 3}), nullptr),
      one("a line", floats({4}), none, floats({4}), "no matrix"),
      one("two diagonals", x, whole({2}), x, "diagonal"),
      one("a diagonal of floats", x, floats({1}), x, "diagonal"),
      one("another output", x, none, floats({2, 4, 3}), "do not fit"),
      one("another type", x, none, whole({2, 3, 4}), "different types"),
  });
}

TEST(EndSteps, SequencesHaveALengthEach) {
  const auto one = [](const char* name, Given x, Given lengths, Given y, std::uint32_t time_first,
                      const char* error) {
    return Lie{name,
               KernelId::kReverseSequences,
               {std::move(x), std::move(lengths)},
               std::move(y),
               raw_of(plan::ReverseSequencesParams{time_first}),
               error};
  };
  const Given x = floats({5, 3, 2});
  expect_told({
      one("time first", x, whole({3}), x, 1, nullptr),
      one("sequences first", x, whole({5}), x, 0, nullptr),
      one("nothing", floats({0, 3}), whole({3}), floats({0, 3}), 1, nullptr),
      one("too few", x, whole({2}), x, 1, "lengths"),
      one("of the other axis", x, whole({3}), x, 0, "lengths"),
      one("lengths of floats", x, floats({3}), x, 1, "lengths"),
      one("a line", floats({4}), whole({4}), floats({4}), 1, "no sequences"),
      one("another output", x, whole({3}), floats({5, 2, 3}), 1, "do not fit"),
      one("another type", x, whole({3}), whole({5, 3, 2}), 1, "different types"),
  });
}

TEST(EndSteps, ReorderingOutOfRangeEndsTheRun) {
  for (const KernelId kernel : {KernelId::kGatherBlocks, KernelId::kReverseSequences}) {
    const bool is_gather = kernel == KernelId::kGatherBlocks;
    const OneStepPlan plan(
        {"reorder",
         kernel,
         {floats({3, 2}), whole(is_gather ? Shape{3, 1} : Shape{2})},
         floats({3, 2}),
         is_gather ? raw_of(plan::GatherBlocksParams{0}) : raw_of(plan::ReverseSequencesParams{1}),
         nullptr});
    const auto session = plan.prepare();
    ASSERT_TRUE(session.ok()) << session.error().message;
    const float x[6] = {1, 2, 3, 4, 5, 6};
    float y[6] = {};
    void* const outputs[] = {y};
    for (const std::int64_t bad : {std::int64_t{4}, std::int64_t{-4}, kHuge, -kHuge - 1}) {
      const std::int64_t indices[] = {0, bad, 0};
      const void* const inputs[] = {x, indices};
      EXPECT_EQ((*session)->run(inputs, outputs), RunCode::kBadIndex) << bad;
    }
    const std::int64_t indices[] = {2, 1, 0};
    const void* const inputs[] = {x, indices};
    EXPECT_EQ((*session)->run(inputs, outputs), RunCode::kOk);
    EXPECT_EQ(y[0], is_gather ? 5 : 3);
    EXPECT_EQ(y[1], is_gather ? 6 : 2);
  }
}

TEST(EndSteps, ResponsesHaveChannels) {
  const auto one = [](const char* name, Given x, Given y, std::uint32_t size, const char* error) {
    return Lie{
        name, KernelId::kLrn, {std::move(x)}, std::move(y), raw_of(plan::LrnParams{size, 1, 1, 1}),
        error};
  };
  expect_told({
      one("a window", floats({2, 4, 3}), floats({2, 4, 3}), 0xFFFFFFFF, nullptr),
      one("nothing", floats({2, 0, 3}), floats({2, 0, 3}), 3, nullptr),
      one("no window", floats({2, 4, 3}), floats({2, 4, 3}), 0, "do not fit"),
      one("no channels", floats({24}), floats({24}), 3, "do not fit"),
      one("a larger output", floats({2, 4, 3}), floats({2, 4, 4}), 3, "do not fit"),
      one("integers", whole({2, 4}), whole({2, 4}), 3, "int64"),
  });
}

TEST(EndSteps, DivisorsAreConstantsWithoutZeros) {
  const auto one = [](const char* name, Given x, Given by, Given y, Whole function,
                      const char* error) {
    return Lie{name,
               KernelId::kWhole,
               {std::move(x), std::move(by)},
               std::move(y),
               raw_of(plan::WholeParams{static_cast<std::uint32_t>(function)}),
               error};
  };
  const Given x = whole({2, 3});
  const Given bytes = {DType::kUint8, {2, 3}};
  const Given narrow = {DType::kInt32, {2}};
  const Given narrow_zero = {DType::kInt32, {2}, raw<std::int32_t>({1 << 8, 0})};
  expect_told({
      one("by rows", x, indexes({2, -1, 3}), x, Whole::kDiv, nullptr),
      one("sums with what a run gives", x, whole({3}), x, Whole::kAdd, nullptr),
      one("sizes", x, x, x, Whole::kAbs, nullptr),
      one("by what a run gives", x, whole({3}), x, Whole::kModulo, "constant without zeros"),
      one("by zero", x, indexes({2, 0, 3}), x, Whole::kRemainder, "constant without zeros"),
      one("by a narrow zero", narrow, narrow_zero, narrow, Whole::kDiv, "constant without zeros"),
      one("bytes", bytes, bytes, bytes, Whole::kDiv, "whole numbers of its type"),
      one("no such function", x, x, x, Whole::kCount, "function"),
      one("other axes", x, indexes({2, 3}), x, Whole::kDiv, "broadcast"),
  });
}

TEST(EndSteps, ProductsOfDoublesHaveNoActivation) {
  const auto one = [](const char* name, Given a, Given b, Given y, plan::MatMulParams params,
                      const char* error) {
    return Lie{name,         KernelId::kMatMul, {std::move(a), std::move(b)},
               std::move(y), raw_of(params),    error};
  };
  const auto f64 = [](Shape dims) { return Given{DType::kFloat64, std::move(dims)}; };
  expect_told({
      one("a product", f64({3, 5}), f64({5, 7}), f64({3, 7}), {4, {}}, nullptr),
      one("batches", f64({2, 3, 5}), f64({5, 7}), f64({2, 3, 7}), {16, {}}, nullptr),
      one("with an activation", f64({3, 5}), f64({5, 7}), f64({3, 7}), {4, {1, 0, 0}},
          "activation"),
      one("no chains", f64({3, 5}), f64({5, 7}), f64({3, 7}), {0, {}}, "do not fit"),
      one("many chains", f64({3, 5}), f64({5, 7}), f64({3, 7}), {32, {}}, "do not fit"),
      one("another depth", f64({3, 5}), f64({4, 7}), f64({3, 7}), {4, {}}, "do not fit"),
      one("floats by doubles", floats({3, 5}), f64({5, 7}), f64({3, 7}), {4, {}}, "float"),
  });
}

TEST(EndSteps, HardmaxHasAxes) {
  const auto one = [](const char* name, Given x, Given y, plan::SoftmaxParams params,
                      const char* error) {
    return Lie{name, KernelId::kHardmax, {std::move(x)}, std::move(y), raw_of(params), error};
  };
  const Given x = floats({2, 3, 4});
  expect_told({
      one("columns", x, x, {1, 2, 0}, nullptr),
      one("single elements", x, x, {3, 3, 0}, nullptr),
      one("nothing", floats({0, 3}), floats({0, 3}), {0, 1, 0}, nullptr),
      one("no such axis", x, x, {2, 4, 0}, "do not fit"),
      one("axes the wrong way", x, x, {2, 1, 0}, "do not fit"),
      one("a larger output", x, floats({2, 3, 5}), {1, 2, 0}, "do not fit"),
      one("a logarithm", x, x, {1, 2, 1}, "no logarithm"),
      one("whole numbers", whole({2, 3}), whole({2, 3}), {1, 2, 0}, "int64"),
  });
}

TEST(EndSteps, DoublesAreDoubles) {
  const auto one = [](const char* name, Given a, Given b, Given y, Double function,
                      const char* error) {
    return Lie{name,
               KernelId::kDoubles,
               {std::move(a), std::move(b)},
               std::move(y),
               raw_of(plan::DoublesParams{static_cast<std::uint32_t>(function)}),
               error};
  };
  const Given x = {DType::kFloat64, {2, 3}};
  const Given row = {DType::kFloat64, {3}};
  expect_told({
      one("sums", x, row, x, Double::kAdd, nullptr),
      one("roots", x, x, x, Double::kSqrt, nullptr),
      one("floats", floats({2, 3}), floats({2, 3}), floats({2, 3}), Double::kAdd, "no doubles"),
      one("a larger operand", x, x, row, Double::kAdd, "broadcast"),
      one("no such function", x, x, x, Double::kCount, "function"),
  });
}

TEST(EndSteps, IntegerProductsFitTheirOperands) {
  const auto one = [](const char* name, Given a, Given b, Given y, const char* error,
                      Given a_zero = {DType::kUndefined, {}},
                      Given b_zero = {DType::kUndefined, {}}, std::vector<std::byte> params = {}) {
    return Lie{name,
               KernelId::kIntegerProduct,
               {std::move(a), std::move(b), std::move(a_zero), std::move(b_zero)},
               std::move(y),
               std::move(params),
               error};
  };
  const auto u8 = [](Shape dims) { return Given{DType::kUint8, std::move(dims)}; };
  const auto i8 = [](Shape dims) { return Given{DType::kInt8, std::move(dims)}; };
  const auto i32 = [](Shape dims) { return Given{DType::kInt32, std::move(dims)}; };
  expect_told({
      one("a product", u8({3, 5}), i8({5, 7}), i32({3, 7}), nullptr),
      one("zero points", u8({3, 5}), i8({5, 7}), i32({3, 7}), nullptr, u8({}), i8({7})),
      one("batches", u8({2, 1, 3, 5}), u8({4, 5, 7}), i32({2, 4, 3, 7}), nullptr, u8({1}), u8({})),
      one("rows of a batch that repeats", u8({1, 3, 5}), i8({5, 7}), i32({2, 3, 7}), nullptr),
      one("another depth", u8({3, 5}), i8({4, 7}), i32({3, 7}), "do not fit"),
      one("more rows", u8({3, 5}), i8({5, 7}), i32({4, 7}), "do not fit"),
      one("more columns", u8({3, 5}), i8({5, 7}), i32({3, 8}), "do not fit"),
      one("other batches", u8({2, 3, 5}), u8({4, 5, 7}), i32({4, 3, 7}), "do not fit"),
      one("batches of weights", u8({3, 5}), u8({4, 5, 7}), i32({3, 7}), "do not fit"),
      one("floats", floats({3, 5}), i8({5, 7}), i32({3, 7}), "multiplies bytes"),
      one("to floats", u8({3, 5}), i8({5, 7}), floats({3, 7}), "multiplies bytes"),
      one("a row", u8({5}), i8({5, 7}), i32({7}), "unknown form"),
      one("nothing", u8({3, 0}), i8({0, 7}), i32({3, 7}), "unknown form"),
      one("a zero point of each row", u8({3, 5}), i8({5, 7}), i32({3, 7}), "do not fit", u8({3})),
      one("zero points of some columns", u8({3, 5}), i8({5, 7}), i32({3, 7}), "do not fit", u8({}),
          i8({6})),
      one("a zero point of another type", u8({3, 5}), i8({5, 7}), i32({3, 7}), "do not fit",
          i8({})),
      one("parameters", u8({3, 5}), i8({5, 7}), i32({3, 7}), "parameters", u8({}), i8({}),
          raw<std::int32_t>({1})),
  });
}

}  // namespace
}  // namespace slipway::runtime
