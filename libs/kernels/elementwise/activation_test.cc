#include "kernels/elementwise/activation.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace slipway {
namespace {

struct Row {
  const char* name;
  ActivationSpec spec;
};

const Row kRows[] = {
    {"none", {Activation::kNone}},
    {"relu", {Activation::kRelu}},
    {"relu6", {Activation::kClip, 0.0F, 6.0F}},
    {"clip from -0", {Activation::kClip, -0.0F, INFINITY}},
    {"clip by NaN", {Activation::kClip, NAN, 1.0F}},
    {"clip to one", {Activation::kClip, 3.0F, 1.0F}},
    {"leaky relu", {Activation::kLeakyRelu, 0.01F}},
    {"elu", {Activation::kElu, 1.5F}},
    {"sigmoid", {Activation::kSigmoid}},
    {"hard sigmoid", {Activation::kHardSigmoid, 0.2F, 0.5F}},
    {"hard swish", {Activation::kHardSwish}},
    {"tanh", {Activation::kTanh}},
    {"silu", {Activation::kSilu}},
    {"gelu", {Activation::kGelu}},
    {"gelu tanh", {Activation::kGeluTanh}},
    {"gelu as nodes", {Activation::kErfOfProduct, 0.70710677F, 0.5F}},
    {"gelu as nodes, divided", {Activation::kErfOfQuotient, 1.4142135F, 0.5F}},
    {"gelu as nodes, halved first", {Activation::kHalfErfOfProduct, 0.70710677F, 0.5F}},
    {"gelu as nodes, both", {Activation::kHalfErfOfQuotient, 1.4142135F, 0.5F}},
};

// Every 4093rd of all floats, and the special ones.
std::vector<float> sample() {
  std::vector<float> x = {0.0F, -0.0F, INFINITY, -INFINITY, NAN, 1.0F, -1.0F, 6.0F, 3.0F, -3.0F};
  for (std::uint64_t bits = 0; bits <= UINT32_MAX; bits += 4093)
    x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  return x;
}

TEST(ActivationKernels, HaveTheBitsOfTheDefinitionOnEveryInstructionSet) {
  const std::vector<float> x = sample();
  for (const Isa isa : isas_here()) {
    for (const Row& row : kRows) {
      std::vector<float> y = x;
      activation_kernels(isa).row(y.data(), y.size(), row.spec);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const float want = activate(x[i], row.spec);
        if (std::isnan(want) && std::isnan(y[i])) continue;
        ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(want))
            << isa_name(isa) << " " << row.name << "(" << x[i] << ") is " << y[i] << ", not "
            << want;
      }
    }
  }
}

TEST(ActivationKernels, WriteNothingBeyondTheCount) {
  for (const Isa isa : isas_here()) {
    for (const Row& row : kRows) {
      for (const std::size_t count : {0, 1, 15, 16, 17, 33}) {
        std::vector<float> y(count + 1, -7.0F);
        activation_kernels(isa).row(y.data(), count, row.spec);
        EXPECT_EQ(y[count], -7.0F) << isa_name(isa) << " " << row.name << " of " << count;
      }
    }
  }
}

}  // namespace
}  // namespace slipway
