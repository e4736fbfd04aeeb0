#include "kernels/elementwise/unary.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/numeric/float_math.h"

namespace slipway {
namespace {

struct Row {
  const char* name;
  Unary function;
  float (*definition)(float);
};

const Row kRows[] = {
    {"copy", Unary::kCopy, [](float x) { return x; }},
    {"relu", Unary::kRelu, [](float x) { return x > 0.0F || x != x ? x : 0.0F; }},
    {"sigmoid", Unary::kSigmoid, [](float x) { return numeric::sigmoid(x); }},
    {"tanh", Unary::kTanh, [](float x) { return numeric::tanh(x); }},
    {"exp", Unary::kExp, [](float x) { return numeric::exp(x); }},
    {"expm1", Unary::kExpm1, [](float x) { return numeric::expm1(x); }},
    {"log", Unary::kLog, [](float x) { return numeric::log(x); }},
    {"erf", Unary::kErf, [](float x) { return numeric::erf(x); }},
    {"gelu", Unary::kGelu, [](float x) { return numeric::gelu(x); }},
    {"gelu_tanh", Unary::kGeluTanh, [](float x) { return numeric::gelu_tanh(x); }},
    {"silu", Unary::kSilu, [](float x) { return x * numeric::sigmoid(x); }},
    {"sqrt", Unary::kSqrt, [](float x) { return std::sqrt(x); }},
    {"abs", Unary::kAbs, [](float x) { return std::fabs(x); }},
    {"negative", Unary::kNegative, [](float x) { return -x; }},
};

// Every 1021st of all floats: each exponent, both signs, subnormals, infinities and NaN.
std::vector<float> sample() {
  std::vector<float> x;
  for (std::uint64_t bits = 0; bits <= UINT32_MAX; bits += 1021)
    x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  for (const float special : {0.0F, -0.0F, INFINITY, -INFINITY, NAN, 1.0F, -1.0F})
    x.push_back(special);
  return x;
}

TEST(UnaryKernels, HaveTheBitsOfTheDefinitionOnEveryInstructionSet) {
  const std::vector<float> x = sample();
  std::vector<float> y(x.size());
  for (const Isa isa : isas_here()) {
    for (const Row& row : kRows) {
      unary_kernels(isa).of[static_cast<std::size_t>(row.function)](x.data(), y.data(), x.size());
      for (std::size_t i = 0; i < x.size(); ++i) {
        const float want = row.definition(x[i]);
        if (std::isnan(want) && std::isnan(y[i])) continue;
        ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(want))
            << isa_name(isa) << " " << row.name << "(" << x[i] << ") is " << y[i] << ", not "
            << want;
      }
    }
  }
}

TEST(UnaryKernels, WriteNothingBeyondTheCount) {
  for (const Isa isa : isas_here()) {
    for (std::size_t count = 0; count < 40; ++count) {
      std::vector<float> x(count, -2.0F);
      std::vector<float> y(count + 1, 7.0F);
      unary_kernels(isa).of[static_cast<std::size_t>(Unary::kAbs)](x.data(), y.data(), count);
      for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(y[i], 2.0F);
      EXPECT_EQ(y[count], 7.0F);
    }
  }
}

}  // namespace
}  // namespace slipway
