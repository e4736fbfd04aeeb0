// What the official cases do not show: opset differences, and inputs that ask for the impossible.
#include <gtest/gtest.h>

#include "ops/support/test_node.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;

template <typename... Attributes>
TestNode make(std::string op, int version, std::size_t outputs, Attributes... attributes) {
  TestNode node{std::move(op), version, "", {}, outputs};
  (node.attributes.push_back(std::move(attributes)), ...);
  return node;
}

Tensor floats(const std::vector<float>& values) { return Tensor::of(values); }
Tensor ints(const Ints& values) { return Tensor::of(values); }
Tensor matrix() { return Tensor::of<float>({2, 3}, {0, 1, 2, 3, 4, 5}); }

TEST(Reshape, AllowzeroMakesEmptyDimensions) {
  const Tensor empty = Tensor::of<float>({0, 3}, {});
  const TestNode copies = make("Reshape", 14, 1);
  const TestNode keeps = make("Reshape", 14, 1, Attribute{"allowzero", std::int64_t{1}});
  EXPECT_NE(copies.failure({matrix(), ints({0, 0, 1, 0})}), "");
  const auto out = keeps.run({empty, ints({3, 0})});
  ASSERT_TRUE(out.ok()) << out.error().message;
  EXPECT_EQ((*out)[0].tensor().shape(), (Shape{3, 0}));
}

TEST(Reshape, ShapeIsAnAttributeBeforeOpset5) {
  const TestNode old = make("Reshape", 1, 1, Attribute{"shape", Ints{-1, 2}});
  const auto out = old.run({matrix()});
  ASSERT_TRUE(out.ok()) << out.error().message;
  EXPECT_EQ((*out)[0].tensor().shape(), (Shape{3, 2}));
}

TEST(Slice, ClampsWildBounds) {
  const TestNode node = make("Slice", 13, 1);
  EXPECT_EQ(elements<float>(node.run({floats({0, 1, 2, 3}), ints({INT64_MIN}), ints({INT64_MAX})})),
            (std::vector<float>{0, 1, 2, 3}));
  EXPECT_EQ(elements<float>(node.run({floats({0, 1, 2, 3}), ints({INT64_MAX}), ints({INT64_MIN}),
                                      ints({0}), ints({INT64_MIN})})),
            (std::vector<float>{3}));
  EXPECT_NE(
      node.failure({floats({0}), ints({0}), ints({1}), ints({0}), ints({0})}).find("step is 0"),
      std::string::npos);
}

TEST(Pad, NegativePadsCutBeforeTheRestIsContinued) {
  const TestNode node = make("Pad", 18, 1, Attribute{"mode", std::string("edge")});
  EXPECT_EQ(elements<float>(node.run({floats({0, 1, 2, 3}), ints({-1, 2})})),
            (std::vector<float>{1, 2, 3, 3, 3}));
}

TEST(Pad, ReflectsMoreThanOnce) {
  const TestNode node = make("Pad", 18, 1, Attribute{"mode", std::string("reflect")});
  EXPECT_EQ(elements<float>(node.run({floats({0, 1, 2}), ints({5, 0})})),
            (std::vector<float>{1, 0, 1, 2, 1, 0, 1, 2}));
}

TEST(TopK, PutsNotANumberFirstAndKeepsTheOrderOfEquals) {
  const TestNode node = make("TopK", 11, 2);
  const auto out = node.run({floats({1, NAN, 1, 0}), ints({3})});
  EXPECT_EQ(elements<std::int64_t>(out, 1), (Ints{1, 0, 2}));
}

TEST(Scatter, ReductionsOfSmallIntegersWrapAround) {
  const TestNode node = make("ScatterElements", 18, 1, Attribute{"reduction", std::string("add")});
  const auto out =
      node.run({Tensor::of<std::int8_t>({127, 0}), ints({0, 0}), Tensor::of<std::int8_t>({1, 1})});
  EXPECT_EQ(elements<std::int8_t>(out), (std::vector<std::int8_t>{-127, 0}));
}

TEST(Unique, SeesOneNotANumberAndOneZero) {
  const TestNode node = make("Unique", 11, 4);
  const auto out = node.run({floats({NAN, 0.0F, -0.0F, NAN, -1})});
  EXPECT_EQ(elements<std::int64_t>(out, 3), (Ints{1, 2, 2}));
}

TEST(Strings, MoveLikeNumbers) {
  const TestNode node = make("Transpose", 13, 1);
  const Tensor text = Tensor::of<std::string>({2, 2}, {"a", "b", "c", "d"});
  EXPECT_EQ(elements<std::string>(node.run({text})),
            (std::vector<std::string>{"a", "c", "b", "d"}));
}

TEST(RegexFullMatch, RefusesWhatIsNoPattern) {
  const TestNode node = make("RegexFullMatch", 20, 1, Attribute{"pattern", std::string("(")});
  EXPECT_NE(node.failure({Tensor::of<std::string>({"a"})}).find("not a regular expression"),
            std::string::npos);
}

struct Refusal {
  std::string_view name;
  std::string op;
  int version;
  std::size_t outputs;
  std::vector<Value> inputs;
  std::string_view says;
};

class Refuses : public testing::TestWithParam<Refusal> {};

TEST_P(Refuses, WithTheReason) {
  const Refusal& row = GetParam();
  const std::string message = make(row.op, row.version, row.outputs).failure(row.inputs);
  EXPECT_NE(message.find(row.says), std::string::npos) << message;
}

constexpr std::int64_t kHuge = INT64_MAX;

INSTANTIATE_TEST_SUITE_P(
    Table, Refuses,
    testing::Values(
        Refusal{"gather_outside",
                "Gather",
                13,
                1,
                {matrix(), ints({2})},
                "index 2 is outside an axis of 2"},
        Refusal{
            "gather_minimum", "Gather", 13, 1, {matrix(), ints({INT64_MIN})}, "outside an axis"},
        Refusal{
            "gather_nd_deep", "GatherND", 13, 1, {matrix(), ints({0, 0, 0})}, "name 3 positions"},
        Refusal{"scatter_nd_shape",
                "ScatterND",
                18,
                1,
                {matrix(), Tensor::of<std::int64_t>({1, 1}, {0}), floats({1})},
                "these indices need [1,3]"},
        Refusal{"scatter_elements_outside",
                "ScatterElements",
                18,
                1,
                {floats({1}), ints({1}), floats({1})},
                "outside an axis of 1"},
        Refusal{"expand_huge", "Expand", 13, 1, {floats({1}), ints({kHuge, kHuge})}, "64 bits"},
        Refusal{"constant_of_shape_negative", "ConstantOfShape", 9, 1, {ints({-1})}, "negative"},
        Refusal{"constant_of_shape_huge", "ConstantOfShape", 9, 1, {ints({kHuge})}, "memory"},
        Refusal{"tile_huge", "Tile", 13, 1, {floats({1, 2}), ints({kHuge})}, "cannot repeat"},
        Refusal{"tile_negative", "Tile", 13, 1, {floats({1, 2}), ints({-1})}, "cannot repeat"},
        Refusal{"pad_huge", "Pad", 18, 1, {floats({1}), ints({kHuge, kHuge})}, "do not suit"},
        Refusal{"pad_count", "Pad", 18, 1, {matrix(), ints({1, 1})}, "2 pads for 2 axes"},
        Refusal{"range_stuck", "Range", 11, 1, {ints({0}), ints({9}), ints({0})}, "never end"},
        Refusal{
            "range_huge", "Range", 11, 1, {ints({INT64_MIN}), ints({kHuge}), ints({1})}, "memory"},
        Refusal{
            "one_hot_depth", "OneHot", 11, 1, {ints({0}), ints({-4}), floats({0, 1})}, "negative"},
        Refusal{"top_k_more", "TopK", 11, 2, {floats({1}), ints({2})}, "cannot take 2 of 1"},
        Refusal{"compress_outside",
                "Compress",
                11,
                1,
                {floats({1}), Tensor::of<bool>({2}, {false, true})},
                "selects element 1 of 1"},
        Refusal{"reverse_long",
                "ReverseSequence",
                10,
                1,
                {matrix(), ints({1, 1, 9})},
                "sequence length 9"},
        Refusal{"col2im_blocks",
                "Col2Im",
                18,
                1,
                {Tensor::of<float>({1, 1, 1}, {1}), ints({5, 5}), ints({1, 5})},
                "does not hold blocks"},
        Refusal{"split_sum", "Split", 13, 2, {floats({1, 2, 3}), ints({1, 1})}, "do not add up"},
        Refusal{"resize_nothing", "Resize", 13, 1, {floats({1})}, "neither"},
        Refusal{"resize_nan",
                "Resize",
                13,
                1,
                {floats({1}), Value(), floats({NAN})},
                "must be positive"},
        Refusal{"nms_shapes",
                "NonMaxSuppression",
                11,
                1,
                {matrix(), matrix()},
                "must be [batch, boxes, 4]"},
        Refusal{"dft_length", "DFT", 20, 1, {matrix(), ints({1}), ints({1})}, "real and imaginary"},
        Refusal{"sequence_position",
                "SequenceAt",
                11,
                1,
                {Sequence{{floats({1})}}, ints({1})},
                "outside a sequence"},
        Refusal{"optional_empty", "OptionalGetElement", 18, 1, {Optional{}}, "is empty"}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace slipway
