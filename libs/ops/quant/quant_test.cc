#include <limits>

#include "ops/support/test_node.h"
#include "tensor/convert.h"

namespace slipway {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Floats = std::vector<float>;
using Whole = std::vector<std::int32_t>;

TestNode at(int version, std::string op, std::vector<Attribute> list = {}) {
  return {std::move(op), version, "", std::move(list), 1};
}

Tensor byte(std::uint8_t value) { return Tensor::scalar(value); }

TEST(QuantizeLinear, RoundsHalfToEvenAndSaturates) {
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor x = Tensor::of(Floats{1, 3, 1000, -1000, inf, nan});
  EXPECT_EQ(
      elements<std::uint8_t>(at(10, "QuantizeLinear").run({x, Tensor::scalar(2.0F), byte(10)})),
      (Bytes{10, 12, 255, 0, 255, 0}));
}

TEST(QuantizeLinear, PerAxisAndBlocks) {
  const Tensor x = Tensor::of<float>({2, 4}, {2, 4, 6, 8, 10, 12, 14, 16});
  EXPECT_EQ(elements<std::uint8_t>(at(13, "QuantizeLinear", attributes("axis", std::int64_t{0}))
                                       .run({x, Tensor::of(Floats{1, 2})})),
            (Bytes{2, 4, 6, 8, 5, 6, 7, 8}));
  const auto blocks = [](std::int64_t size) {
    return attributes("axis", std::int64_t{1}, "block_size", size);
  };
  const Tensor scales = Tensor::of<float>({2, 2}, {1, 2, 2, 4});
  EXPECT_EQ(elements<std::uint8_t>(at(21, "QuantizeLinear", blocks(3)).run({x, scales})),
            (Bytes{2, 4, 6, 4, 5, 6, 7, 4}));
  EXPECT_NE(at(21, "QuantizeLinear", blocks(4)).failure({x, scales}).find("blocks of 4"),
            std::string::npos);
  EXPECT_NE(at(21, "QuantizeLinear", blocks(-1)).failure({x, scales}).find("block_size"),
            std::string::npos);
  EXPECT_NE(at(13, "QuantizeLinear").failure({x, Tensor::of(Floats{1, 2, 3})}).find("scale"),
            std::string::npos);
  EXPECT_NE(at(13, "QuantizeLinear")
                .failure({x, Tensor::of(Floats{1, 2, 3, 4}), byte(0)})
                .find("zero point"),
            std::string::npos);
}

TEST(QuantizeLinear, OutputType) {
  const Type x = Type::tensor(DType::kFloat32, Dims{Dim::symbol("n")});
  const Type scale = Type::tensor(DType::kFloat32, Dims{});
  EXPECT_EQ(inferred(at(21, "QuantizeLinear"), {x, scale}), "uint8[n]");
  EXPECT_EQ(inferred(at(21, "QuantizeLinear"), {x, scale, Type::tensor(DType::kInt4)}), "int4[n]");
  EXPECT_EQ(
      inferred(at(21, "QuantizeLinear", attributes("output_dtype", std::int64_t{3})), {x, scale}),
      "int8[n]");
  EXPECT_NE(inferred(at(21, "QuantizeLinear", attributes("output_dtype", std::int64_t{3})),
                     {x, scale, Type::tensor(DType::kInt4)})
                .find("one type"),
            std::string::npos);
}

// No element, and an extent that a loop over it would never finish.
TEST(QuantizeLinear, EnormousAndEmpty) {
  const std::int64_t huge = std::int64_t{1} << 62;
  const Result<Tensor> x = Tensor::create(DType::kFloat32, {huge, 0, huge});
  ASSERT_TRUE(x.ok());
  EXPECT_TRUE(at(13, "QuantizeLinear").run({*x, Tensor::of<float>({0}, {})}).ok());
}

TEST(DequantizeLinear, HalfScalesGiveHalves) {
  const Result<Tensor> scale = cast(Tensor::scalar(0.1F), DType::kFloat16);
  const auto y = at(19, "DequantizeLinear").run({Tensor::of<std::int8_t>({10}), *scale});
  ASSERT_TRUE(y.ok());
  EXPECT_EQ((*y)[0].tensor().dtype(), DType::kFloat16);
}

TEST(MatMulInteger, ZeroPointsOfRowsAndColumns) {
  const Tensor a = Tensor::of<std::uint8_t>({2, 2}, {1, 2, 3, 4});
  const Tensor b = Tensor::of<std::uint8_t>({2, 2}, {1, 0, 2, 5});
  EXPECT_EQ(elements<std::int32_t>(at(10, "MatMulInteger")
                                       .run({a, b, Tensor::of<std::uint8_t>({1, 2}),
                                             Tensor::of<std::uint8_t>({0, 1})})),
            (Whole{2, 4, 5, 7}));
  EXPECT_NE(at(10, "MatMulInteger")
                .failure({a, b, Tensor::of<std::uint8_t>({1, 2, 3})})
                .find("zero point"),
            std::string::npos);
  EXPECT_NE(at(10, "MatMulInteger").failure({a, Tensor::of<std::uint8_t>({3, 1}, {1, 2, 3})}), "");
}

TEST(QLinearMatMul, ScaleOfZeroSaturates) {
  const Tensor a = Tensor::of<std::uint8_t>({1, 1}, {2});
  const Tensor one = Tensor::scalar(1.0F);
  EXPECT_EQ(elements<std::uint8_t>(
                at(10, "QLinearMatMul")
                    .run({a, one, byte(0), a, one, byte(0), Tensor::scalar(0.0F), byte(0)})),
            (Bytes{255}));
}

TEST(ConvInteger, PaddingIsTheZeroPoint) {
  const Tensor x = Tensor::of<std::uint8_t>({1, 1, 2}, {5, 7});
  const Tensor w = Tensor::of<std::uint8_t>({1, 1, 3}, {1, 1, 1});
  EXPECT_EQ(elements<std::int32_t>(
                at(10, "ConvInteger", attributes("pads", std::vector<std::int64_t>{1, 1}))
                    .run({x, w, byte(5)})),
            (Whole{2, 2}));
}

TEST(QLinearConv, ScalesOfChannels) {
  const Tensor x = Tensor::of<std::uint8_t>({1, 1, 1}, {10});
  const Tensor w = Tensor::of<std::int8_t>({2, 1, 1}, {1, 1});
  const Tensor one = Tensor::scalar(1.0F);
  const Tensor zero = Tensor::scalar(std::int8_t{0});
  const auto run = [&](const Tensor& scale) {
    return at(10, "QLinearConv")
        .run({x, one, byte(0), w, scale, zero, one, byte(1), Tensor::of(Whole{0, 5})});
  };
  EXPECT_EQ(elements<std::uint8_t>(run(Tensor::of(Floats{1, 2}))), (Bytes{11, 31}));
  EXPECT_FALSE(run(Tensor::of(Floats{1, 2, 3})).ok());
}

TEST(QLinearConv, SumsWrap) {
  const Tensor x = Tensor::of<std::uint8_t>({1, 1, 1}, {1});
  const Tensor w = Tensor::of<std::int8_t>({1, 1, 1}, {1});
  const Tensor one = Tensor::scalar(1.0F);
  const Tensor zero = Tensor::scalar(std::int8_t{0});
  const Tensor bias = Tensor::of(Whole{std::numeric_limits<std::int32_t>::max()});
  EXPECT_EQ(elements<std::uint8_t>(
                at(10, "QLinearConv").run({x, one, byte(0), w, one, zero, one, byte(1), bias})),
            (Bytes{0}));
}

}  // namespace
}  // namespace slipway
