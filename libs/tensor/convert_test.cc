#include "tensor/convert.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace slipway {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// The elements as doubles after a cast; empty when the cast fails.
std::vector<double> values_as(const Tensor& tensor, DType to, const CastOptions& options = {}) {
  const Result<Tensor> result = cast(tensor, to, options);
  if (!result.ok()) return {};
  const Result<Tensor> wide = cast(*result, DType::kFloat64);
  const auto data = wide->data<double>();
  return {data.begin(), data.end()};
}

struct NumberCase {
  const char* name;
  DType to;
  std::vector<double> in;
  std::vector<double> want;
};

TEST(Cast, NumbersRoundOnceAndNeverLeaveTheType) {
  const std::vector<NumberCase> cases = {
      {"truncates", DType::kInt32, {1.9, -1.9, 0.5}, {1, -1, 0}},
      {"int8 keeps low bits", DType::kInt8, {300, -129, kNan}, {44, 127, 0}},
      {"beyond int64", DType::kInt8, {kInf, -kInf}, {-1, 0}},
      {"uint8 keeps low bits", DType::kUint8, {300, -1}, {44, 255}},
      {"int64 ends",
       DType::kInt64,
       {1e300, -1e300},
       {9223372036854775807.0, -9223372036854775808.0}},
      {"uint64 ends", DType::kUint64, {1e300, 0x1p63}, {18446744073709551615.0, 0x1p63}},
      {"int4 keeps low bits", DType::kInt4, {-9, 8, 7}, {7, -8, 7}},
      {"uint4 keeps low bits", DType::kUint4, {-9, 16, 15}, {7, 0, 15}},
      {"int2", DType::kInt2, {-3, 2}, {1, -2}},
      {"uint2", DType::kUint2, {-1, 4}, {3, 0}},
      {"bool", DType::kBool, {0.0, -0.0, 0.1, kNan}, {0, 0, 1, 1}},
      {"half", DType::kFloat16, {65519, 65520, 1.0 + 1.0 / 2048}, {65504, kInf, 1}},
      {"e4m3fn", DType::kFloat8e4m3fn, {1000, -1000, 1.1}, {448, -448, 1.125}},
      {"e2m3", DType::kFloat6e2m3, {100, -kInf, 1.1}, {7.5, -7.5, 1.125}},
      {"e3m2", DType::kFloat6e3m2, {100, 1.1, kNan}, {28, 1, 0}},
  };
  for (const NumberCase& c : cases) EXPECT_EQ(values_as(Tensor::of(c.in), c.to), c.want) << c.name;
}

TEST(Cast, WholeNumbersKeepTheirLowBits) {
  const Tensor wide = Tensor::of<std::int64_t>({200, -1, 0x1'0000'0001});
  EXPECT_EQ(values_as(wide, DType::kInt8), (std::vector<double>{-56, -1, 1}));
  EXPECT_EQ(values_as(wide, DType::kUint32), (std::vector<double>{200, 4294967295.0, 1}));
}

// 2^60 + 2^52 is midway between two bfloat16; the 1 breaks the tie, which a double would have lost.
TEST(Cast, LargeWholeNumbersRoundOnce) {
  const Tensor wide =
      Tensor::of<std::int64_t>({(std::int64_t{1} << 60) + (std::int64_t{1} << 52) + 1});
  EXPECT_EQ(values_as(wide, DType::kBfloat16),
            (std::vector<double>{std::ldexp(1.0, 60) + std::ldexp(1.0, 53)}));
}

TEST(Cast, Float8WithoutSaturation) {
  const Result<Tensor> out =
      cast(Tensor::of<float>({1e6F, -1e6F}), DType::kFloat8e5m2, {.saturate = false});
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->data<std::uint8_t>()[0], 0x7C);
  EXPECT_EQ(out->data<std::uint8_t>()[1], 0xFC);
}

TEST(Cast, MoreElementsThanOneChunk) {
  std::vector<float> in(1500);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i);
  const std::vector<double> out = values_as(Tensor::of(in), DType::kInt16);
  ASSERT_EQ(out.size(), in.size());
  for (std::size_t i = 0; i < in.size(); ++i) ASSERT_EQ(out[i], in[i]);
}

struct TextCase {
  const char* text;
  DType to;
  std::vector<double> want;  // empty: an error
};

TEST(Cast, TextToNumbers) {
  const std::vector<TextCase> cases = {
      {"3.5", DType::kFloat32, {3.5}},
      {" +1e-3 ", DType::kFloat64, {1e-3}},
      {"-.5", DType::kFloat64, {-0.5}},
      {"inf", DType::kFloat32, {kInf}},
      {"+INF", DType::kFloat32, {kInf}},
      {"-Infinity", DType::kFloat16, {-kInf}},
      {"1e400", DType::kFloat64, {kInf}},
      {"-1e-400", DType::kFloat64, {-0.0}},
      {"9007199254740993", DType::kInt64, {9007199254740992.0}},  // the test looks through a double
      {"100.5", DType::kInt32, {100}},
      {"1e3", DType::kUint16, {1000}},
      {"True", DType::kBool, {1}},
      {"0", DType::kBool, {0}},
      {"", DType::kFloat32, {}},
      {"hello", DType::kFloat32, {}},
      {"1.5x", DType::kFloat32, {}},
      {"--1", DType::kFloat32, {}},
      {"+-1", DType::kFloat32, {}},
      {"300", DType::kUint8, {}},
      {"-1", DType::kUint64, {}},
      {"nan", DType::kInt32, {}},
      {"99999999999999999999", DType::kInt64, {}},
  };
  for (const TextCase& c : cases) {
    EXPECT_EQ(values_as(Tensor::of<std::string>({std::string(c.text)}), c.to), c.want) << c.text;
  }
}

TEST(Cast, WholeTextKeepsAllBits) {
  const Result<Tensor> out =
      cast(Tensor::of<std::string>({std::string("9223372036854775807")}), DType::kInt64);
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->data<std::int64_t>()[0], std::numeric_limits<std::int64_t>::max());
}

TEST(Cast, NumbersToText) {
  const auto text = [](const Tensor& tensor) {
    const Result<Tensor> out = cast(tensor, DType::kString);
    const auto data = out->data<std::string>();
    return std::vector<std::string>(data.begin(), data.end());
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(text(Tensor::of<float>({0.1F, 314.15926F, 1.0F, 1e-7F, 1e20F})),
            (Texts{"0.1", "314.15927", "1", "1e-07", "1e+20"}));
  EXPECT_EQ(text(Tensor::of<double>({0.1, kInf, -kInf, kNan, -0.0})),
            (Texts{"0.1", "INF", "-INF", "NaN", "-0"}));
  EXPECT_EQ(text(Tensor::of<std::int8_t>({-128, 5})), (Texts{"-128", "5"}));
  EXPECT_EQ(text(Tensor::of<std::uint64_t>({18446744073709551615U})),
            (Texts{"18446744073709551615"}));
  EXPECT_EQ(text(*cast(Tensor::of<float>({0.1F, 65504.0F}), DType::kFloat16)),
            (Texts{"0.1", "65500"}));
  EXPECT_EQ(text(Tensor::of<bool>({true, false})), (Texts{"1", "0"}));
}

TEST(Cast, ComplexConvertsToNothing) {
  const Result<Tensor> out =
      cast(Tensor::of<std::complex<float>>({std::complex<float>(1, 2)}), DType::kFloat32);
  ASSERT_FALSE(out.ok());
  EXPECT_EQ(out.error().code, Code::kUnsupported);
}

}  // namespace
}  // namespace slipway
