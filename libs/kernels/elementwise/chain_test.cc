#include "kernels/elementwise/chain.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

#include "kernels/numeric/float_math.h"
#include "kernels/numeric/lanes.h"

namespace slipway {
namespace {

bool same_bits(float a, float b) {
  return (std::isnan(a) && std::isnan(b)) ||
         std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

const float kSpecial[] = {0.0F,     -0.0F,     1.0F, -1.0F, 2.0F,  0.5F,    -2.5F, 3.0F,   1e-40F,
                          INFINITY, -INFINITY, NAN,  1e30F, -7.0F, -1e-30F, 0.1F,  1e-20F, 20.0F};

struct BinaryRow {
  const char* name;
  Binary function;
  float (*definition)(float, float);
};

const BinaryRow kBinaryRows[] = {
    {"add", Binary::kAdd, [](float a, float b) { return a + b; }},
    {"sub", Binary::kSub, [](float a, float b) { return a - b; }},
    {"mul", Binary::kMul, [](float a, float b) { return a * b; }},
    {"div", Binary::kDiv, [](float a, float b) { return a / b; }},
    {"max", Binary::kMax, [](float a, float b) { return numeric::greater_of(a, b); }},
    {"min", Binary::kMin, [](float a, float b) { return numeric::less_of(a, b); }},
    {"prelu", Binary::kPrelu, [](float a, float b) { return a < 0 ? a * b : a; }},
    {"pow", Binary::kPow, [](float a, float b) { return numeric::pow(a, b); }},
};

TEST(BinaryKernels, HaveTheBitsOfTheDefinitionOnEveryInstructionSet) {
  std::vector<float> a;
  std::vector<float> b;
  for (const float x : kSpecial) {
    for (const float y : kSpecial) {
      a.push_back(x);
      b.push_back(y);
    }
  }
  std::vector<float> y(a.size());
  const auto expect_is = [&](const BinaryRow& row, Isa isa, auto left, auto right) {
    for (std::size_t i = 0; i < y.size(); ++i) {
      const float want = row.definition(left(i), right(i));
      ASSERT_TRUE(same_bits(y[i], want)) << isa_name(isa) << " " << row.name << "(" << left(i)
                                         << ", " << right(i) << ") is " << y[i] << ", not " << want;
    }
  };
  for (const Isa isa : isas_here()) {
    for (const BinaryRow& row : kBinaryRows) {
      const BinaryKernel& kernel = binary_kernels(isa)[row.function];
      const auto in_a = [&](std::size_t i) { return a[i]; };
      const auto in_b = [&](std::size_t i) { return b[i]; };
      kernel.both(a.data(), b.data(), y.data(), y.size());
      expect_is(row, isa, in_a, in_b);
      for (const float scalar : kSpecial) {
        const auto same = [=](std::size_t) { return scalar; };
        kernel.right_scalar(b.data(), scalar, y.data(), y.size());
        expect_is(row, isa, in_b, same);
        kernel.left_scalar(scalar, b.data(), y.data(), y.size());
        expect_is(row, isa, same, in_b);
      }
    }
  }
}

// Every 8191st float, those whose cubes lie in the middle between two floats, the neighbours of the
// ends of the range.
TEST(BinaryKernels, CubesAreThePowersOfThree) {
  std::vector<float> x;
  for (std::uint64_t bits = 0; bits <= UINT32_MAX; bits += 8191)
    x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  for (int i = 250; i < 330; ++i) {
    for (const float scale : {1.0F, 0x1p-41F, 0x1p-52F, -0x1p33F}) {
      x.push_back(static_cast<float>(i) * scale);
      x.push_back(std::nextafter(static_cast<float>(i) * scale, 0.0F));
    }
  }
  for (const float end : {0x1p-42F, 0x1p-50F, 6.98e12F}) {
    for (int i = -40; i <= 40; ++i) x.push_back(end * (1.0F + static_cast<float>(i) * 0x1p-10F));
  }
  std::vector<float> want;
  for (const float e : x) want.push_back(numeric::pow(e, 3.0F));
  for (const Isa isa : isas_here()) {
    std::vector<float> y = x;
    binary_kernels(isa)[Binary::kPow].right_scalar(y.data(), 3.0F, y.data(), y.size());
    for (std::size_t i = 0; i < x.size(); ++i)
      ASSERT_TRUE(same_bits(y[i], want[i])) << isa_name(isa) << " " << x[i] << " cubed is " << y[i];
  }
}

TEST(BinaryKernels, Choose) {
  for (const Isa isa : isas_here()) {
    const BinaryKernels& kernels = binary_kernels(isa);
    const std::uint8_t condition[] = {0, 1, 2};
    const float a[] = {1, 2, 3};
    const float b = -1;
    float y[3];
    kernels.where(condition, 1, a, 1, &b, 0, y, 3);
    EXPECT_EQ(std::vector<float>(y, y + 3), (std::vector<float>{-1, 2, 3}));
  }
}

// out = silu(a * b + c) - max(b, a), as a program and as a function.
const ChainStep kProgram[] = {ChainStep::of(Binary::kMul, 0, 1), ChainStep::of(Binary::kAdd, 3, 2),
                              ChainStep::of(Unary::kSilu, 4), ChainStep::of(Binary::kMax, 1, 0),
                              ChainStep::of(Binary::kSub, 5, 6)};
float program(float a, float b, float c) {
  const float t = a * b + c;
  return t * numeric::sigmoid(t) - numeric::greater_of(b, a);
}

struct LoopRow {
  const char* name;
  std::vector<std::size_t> extents;
  std::vector<std::ptrdiff_t> strides[3];
};

const LoopRow kLoops[] = {
    {"one element", {1}, {{1}, {0}, {1}}},
    {"all scalars", {300}, {{0}, {0}, {0}}},
    {"same shape", {1000}, {{1}, {1}, {1}}},
    {"row broadcast", {7, 100}, {{100, 1}, {0, 1}, {100, 1}}},
    {"column broadcast", {7, 100}, {{100, 1}, {1, 0}, {0, 0}}},
    {"scalar first", {7, 33}, {{0, 0}, {1, 0}, {33, 1}}},
    {"short runs", {50, 3, 5}, {{15, 5, 1}, {0, 5, 1}, {3, 1, 0}}},
    {"short runs and a scalar", {120, 7}, {{7, 1}, {0, 0}, {0, 1}}},
    {"transposed", {40, 60}, {{1, 40}, {60, 1}, {-40, -1}}},
    {"six dimensions",
     {2, 3, 2, 3, 2, 35},
     {{1260, 420, 210, 70, 35, 1}, {0, 70, 35, 0, 0, 1}, {6, 2, 1, 0, 0, 0}}},
};

std::size_t size_of(const LoopRow& row) {
  std::size_t size = 1;
  for (const std::size_t extent : row.extents) size *= extent;
  return size;
}

float number(std::size_t i) { return static_cast<float>((i * 2654435761U) % 2001) / 500.0F - 2.0F; }

void check_loop(const LoopRow& row, Isa isa, const ChainProgram& compiled) {
  const std::size_t size = size_of(row);
  ChainLoop loop;
  loop.rank = row.extents.size();
  std::vector<float> data[3];
  const float* operands[3];
  for (std::size_t o = 0; o < 3; ++o) {
    data[o].resize(3000);
    for (std::size_t i = 0; i < 3000; ++i) data[o][i] = number(i + o * 5000);
    operands[o] = data[o].data() + (row.strides[o].back() < 0 ? 2999 : 0);
    for (std::size_t d = 0; d < loop.rank; ++d) {
      loop.extent[d] = row.extents[d];
      loop.stride[o][d] = row.strides[o][d];
    }
  }
  std::vector<float> want(size);
  for (std::size_t i = 0; i < size; ++i) {
    float x[3];
    for (std::size_t o = 0; o < 3; ++o) {
      std::ptrdiff_t at = 0;
      std::size_t rest = i;
      for (std::size_t d = loop.rank; d-- > 0; rest /= loop.extent[d]) {
        at += static_cast<std::ptrdiff_t>(rest % loop.extent[d]) * loop.stride[o][d];
      }
      x[o] = operands[o][at];
    }
    want[i] = program(x[0], x[1], x[2]);
  }
  std::vector<float> scratch(kChainScratchFloats);
  std::vector<float> y(size + 1, 123.0F);
  for (const std::size_t cut : {std::size_t{0}, size / 3, size - 1}) {
    run_chain(isa, compiled, loop, operands, y.data(), 0, cut, scratch.data());
    run_chain(isa, compiled, loop, operands, y.data(), cut, size, scratch.data());
    for (std::size_t i = 0; i < size; ++i) {
      ASSERT_TRUE(same_bits(y[i], want[i])) << isa_name(isa) << " " << row.name << " at " << i;
    }
  }
  EXPECT_EQ(y[size], 123.0F);
}

TEST(Chain, HasTheBitsOfItsStepsUnderEveryBroadcast) {
  ChainProgram compiled;
  ASSERT_TRUE(prepare_chain(3, kProgram, compiled));
  for (const Isa isa : isas_here()) {
    for (const LoopRow& row : kLoops) check_loop(row, isa, compiled);
  }
}

TEST(Chain, MayWriteOverAnOperandOfItsLayout) {
  ChainProgram compiled;
  ASSERT_TRUE(prepare_chain(3, kProgram, compiled));
  std::vector<float> scratch(kChainScratchFloats);
  for (const Isa isa : isas_here()) {
    std::vector<float> a(700, 1.5F);
    const float b = 0.5F;
    const float c = -2.0F;
    const float* operands[] = {a.data(), &b, &c};
    const ChainLoop loop = {1, {700}, {{1}, {0}, {0}}};
    run_chain(isa, compiled, loop, operands, a.data(), 0, 700, scratch.data());
    for (const float y : a) EXPECT_EQ(y, program(1.5F, b, c));
  }
}

TEST(Chain, RefusesWhatIsNoProgram) {
  const auto is_program = [](std::size_t operands, std::vector<ChainStep> steps) {
    ChainProgram program;
    return prepare_chain(operands, steps, program);
  };
  const ChainStep add = ChainStep::of(Binary::kAdd, 0, 1);
  EXPECT_TRUE(is_program(2, {add}));
  EXPECT_FALSE(is_program(0, {add}));
  EXPECT_FALSE(is_program(1, {add}));
  EXPECT_FALSE(is_program(9, {add}));
  EXPECT_FALSE(is_program(2, {}));
  EXPECT_FALSE(is_program(2, std::vector<ChainStep>(17, add)));
  EXPECT_FALSE(is_program(2, {ChainStep::of(Unary::kExp, 2)}));
  EXPECT_FALSE(is_program(2, {ChainStep::of(Unary::kCount, 0)}));
  EXPECT_FALSE(is_program(2, {ChainStep::of(Binary::kCount, 0, 1)}));
}

TEST(Chain, RefusesMoreResultsAliveThanRegisters) {
  std::vector<ChainStep> steps(kChainRegisters + 1, ChainStep::of(Unary::kExp, 0));
  for (std::size_t i = 0; i < kChainRegisters; ++i) {
    const std::size_t last = steps.size();
    steps.push_back(ChainStep::of(Binary::kAdd, i + 1, last));
  }
  ChainProgram program;
  EXPECT_FALSE(prepare_chain(1, steps, program));
  steps.erase(steps.begin());
  steps.pop_back();
  for (std::size_t i = kChainRegisters; i < steps.size(); ++i) {
    steps[i].b = static_cast<std::uint8_t>(i);
  }
  EXPECT_TRUE(prepare_chain(1, steps, program));
}

}  // namespace
}  // namespace slipway
