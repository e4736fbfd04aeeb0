#include <cmath>
#include <limits>

#include "ops/support/test_node.h"

namespace slipway {
namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

constexpr float kInf = std::numeric_limits<float>::infinity();

TestNode at(int version, std::string op, std::vector<Attribute> list = {}) {
  return {std::move(op), version, "", std::move(list), 1};
}

Tensor counting(Shape shape) {
  Floats values(*element_count(shape));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  return Tensor::of(std::move(shape), values);
}

TEST(Reduce, AxesFromAttributeOrInput) {
  const Tensor x = counting({2, 2, 3});
  EXPECT_EQ(elements<float>(at(11, "ReduceSum", attributes("axes", Ints{-1})).run({x})),
            (Floats{3, 12, 21, 30}));
  EXPECT_EQ(elements<float>(at(13, "ReduceSum").run({x, Tensor::of(Ints{2})})),
            (Floats{3, 12, 21, 30}));
  EXPECT_EQ(elements<float>(at(13, "ReduceSum").run({x, Tensor::of(Ints{0, 2})})),
            (Floats{24, 42}));
  EXPECT_EQ(elements<float>(at(13, "ReduceMax").run({x})), (Floats{11}));
}

TEST(Reduce, NoAxesReduceAllUnlessToldNot) {
  const Tensor x = Tensor::of(Floats{-1, 2});
  const Tensor none = Tensor::of<std::int64_t>({0}, {});
  EXPECT_EQ(elements<float>(at(18, "ReduceL1").run({x, none})), (Floats{3}));
  const auto noop = [] { return attributes("noop_with_empty_axes", std::int64_t{1}); };
  EXPECT_EQ(elements<float>(at(18, "ReduceL1", noop()).run({x, none})), (Floats{1, 2}));
  EXPECT_EQ(elements<float>(at(18, "ReduceSumSquare", noop()).run({x})), (Floats{1, 4}));
}

TEST(Reduce, NothingGivesTheNeutralElement) {
  const Tensor x = Tensor::of<float>({2, 0}, {});
  const auto of = [&](const char* op) {
    return elements<float>(
        at(20, op, attributes("keepdims", std::int64_t{0})).run({x, Tensor::of(Ints{1})}));
  };
  EXPECT_EQ(of("ReduceSum"), (Floats{0, 0}));
  EXPECT_EQ(of("ReduceProd"), (Floats{1, 1}));
  EXPECT_EQ(of("ReduceMax"), (Floats{-kInf, -kInf}));
  EXPECT_EQ(of("ReduceMin"), (Floats{kInf, kInf}));
  EXPECT_EQ(of("ReduceLogSum"), (Floats{-kInf, -kInf}));
  EXPECT_EQ(of("ReduceLogSumExp"), (Floats{-kInf, -kInf}));
  EXPECT_EQ(of("ReduceL2"), (Floats{0, 0}));
  EXPECT_TRUE(std::isnan(of("ReduceMean")[0]));
  const Tensor bytes = Tensor::of<std::int8_t>({0}, {});
  EXPECT_EQ(elements<std::int8_t>(at(20, "ReduceMax").run({bytes})),
            (std::vector<std::int8_t>{-128}));
  EXPECT_EQ(elements<bool>(at(20, "ReduceMin").run({Tensor::of<bool>({0}, {})})),
            (std::vector<bool>{true}));
  EXPECT_NE(at(18, "ReduceMean").failure({Tensor::of<std::int32_t>({0}, {})}).find("undefined"),
            std::string::npos);
}

TEST(Reduce, RefusesAxesThatAreNot) {
  const Tensor x = counting({2, 2});
  EXPECT_NE(at(13, "ReduceSum").failure({x, Tensor::of(Ints{2})}), "");
  EXPECT_NE(at(13, "ReduceSum").failure({x, Tensor::of(Ints{0, 0})}), "");
  EXPECT_NE(
      at(13, "ReduceSum").failure({x, Tensor::of(Ints{std::numeric_limits<std::int64_t>::min()})}),
      "");
}

TEST(Reduce, InfersSymbols) {
  const Type x = Type::tensor(DType::kFloat32, Dims{Dim::symbol("n"), 3});
  const Tensor axes = Tensor::of(Ints{1});
  const Type unknown = Type::tensor(DType::kInt64, Dims{Dim()});
  EXPECT_EQ(
      inferred(at(13, "ReduceSum"), {x, Type::tensor(DType::kInt64, Dims{1})}, {nullptr, &axes}),
      "float[n,1]");
  EXPECT_EQ(inferred(at(13, "ReduceSum"), {x, unknown}), "float[?,?]");
  EXPECT_EQ(inferred(at(13, "ReduceSum", attributes("keepdims", std::int64_t{0})), {x, unknown}),
            "float");
  EXPECT_EQ(
      inferred(at(11, "ReduceSum", attributes("axes", Ints{0}, "keepdims", std::int64_t{0})), {x}),
      "float[3]");
  EXPECT_EQ(inferred(at(13, "ArgMax", attributes("keepdims", std::int64_t{0})), {x}), "int64[3]");
}

TEST(ArgExtreme, FirstLastAndNan) {
  const Tensor x = Tensor::of(Floats{2, 5, 5, 1});
  EXPECT_EQ(elements<std::int64_t>(at(13, "ArgMax").run({x})), (Ints{1}));
  EXPECT_EQ(elements<std::int64_t>(
                at(13, "ArgMax", attributes("select_last_index", std::int64_t{1})).run({x})),
            (Ints{2}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(elements<std::int64_t>(at(13, "ArgMin").run({Tensor::of(Floats{1, nan, 0, nan})})),
            (Ints{1}));
  EXPECT_NE(at(13, "ArgMax").failure({Tensor::of<float>({0, 2}, {})}), "");
  EXPECT_NE(at(13, "ArgMax").failure({Tensor::scalar(1.0F)}), "");
}

TEST(Cumulative, DirectionAndStart) {
  const Tensor x = Tensor::of(Floats{1, 2, 3});
  const Tensor axis = Tensor::scalar(std::int64_t{0});
  const std::int64_t one = 1;
  EXPECT_EQ(elements<float>(at(14, "CumSum", attributes("exclusive", one)).run({x, axis})),
            (Floats{0, 1, 3}));
  EXPECT_EQ(elements<float>(at(14, "CumSum", attributes("reverse", one)).run({x, axis})),
            (Floats{6, 5, 3}));
  EXPECT_EQ(elements<float>(
                at(26, "CumProd", attributes("exclusive", one, "reverse", one)).run({x, axis})),
            (Floats{6, 3, 1}));
  EXPECT_NE(at(14, "CumSum").failure({x, Tensor::of(Ints{0, 0})}).find("one number"),
            std::string::npos);
  EXPECT_NE(at(14, "CumSum").failure({x, Tensor::scalar(std::int64_t{1})}), "");
}

TEST(Softmax, BeforeOpset13EverythingFromTheAxisOnIsOneRow) {
  const Tensor x = Tensor::of<float>({1, 2, 2}, {0, 0, 0, 0});
  EXPECT_EQ(elements<float>(at(11, "Softmax").run({x})), (Floats{0.25F, 0.25F, 0.25F, 0.25F}));
  EXPECT_EQ(elements<float>(at(13, "Softmax").run({x})), (Floats{0.5F, 0.5F, 0.5F, 0.5F}));
  EXPECT_EQ(elements<float>(at(11, "Hardmax").run({counting({1, 2, 2})})), (Floats{0, 0, 0, 1}));
  EXPECT_EQ(elements<float>(
                at(13, "Hardmax", attributes("axis", std::int64_t{1})).run({counting({1, 2, 2})})),
            (Floats{0, 0, 1, 1}));
  EXPECT_NE(at(13, "Softmax", attributes("axis", std::int64_t{3})).failure({x}), "");
  EXPECT_EQ(elements<float>(at(13, "Softmax").run({Tensor::of<float>({2, 0}, {})})), Floats{});
}

TEST(Softmax, LargeScoresDoNotOverflow) {
  const Floats y = elements<float>(at(13, "Softmax").run({Tensor::of(Floats{1000, 1000, -1000})}));
  EXPECT_EQ(y, (Floats{0.5F, 0.5F, 0}));
}

}  // namespace
}  // namespace slipway
