// Powers of floats, in vectors, against their definition.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include "kernels/elementwise/binary.h"
#include "kernels/numeric/float_math.h"

namespace slipway {
namespace {

constexpr float kOwn[] = {
    0.0F,  -0.0F,  INFINITY,   -INFINITY,   NAN,         1.0F,      -1.0F,           2.0F,
    0.5F,  -0.5F,  3.0F,       -3.0F,       0x1p-149F,   0x1p-126F, 0x1.fffffep127F, 0x1p24F,
    1e30F, -1e30F, 8388609.0F, 16777216.0F, -8388609.0F, 0x1p-60F,  -2.5F,           1e-3F};

// Of every kind there is: any bits; near 1, whose powers take their time to overflow; whole numbers
// and halves, whose powers may lie in the middle of two floats; those with rules of their own.
float number(std::mt19937_64& random, std::uint64_t kind) {
  const std::uint64_t bits = random();
  const auto part = static_cast<float>(static_cast<std::int64_t>(bits)) * 0x1p-63F;
  switch (kind % 7) {
    case 0:
      return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    case 1:
      return std::exp2(4 * part);
    case 2:
      return 3 * part;
    case 3:
      return static_cast<float>(static_cast<int>(bits % 41) - 20);
    case 4:
      return static_cast<float>(static_cast<int>(bits % 81) - 40) / 4;
    case 5:
      return 1 + static_cast<float>(static_cast<int>(bits % 20001) - 10000) * 0x1p-23F;
    default:
      return kOwn[bits % std::size(kOwn)];
  }
}

void expect_powers(const std::vector<float>& x, const std::vector<float>& y) {
  std::vector<float> want(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) want[i] = numeric::pow(x[i], y[i]);
  for (const Isa isa : isas_here()) {
    std::vector<float> z(x.size());
    binary_kernels(isa)[Binary::kPow].both(x.data(), y.data(), z.data(), z.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (std::isnan(want[i]) && std::isnan(z[i])) continue;
      ASSERT_EQ(std::bit_cast<std::uint32_t>(z[i]), std::bit_cast<std::uint32_t>(want[i]))
          << isa_name(isa) << " pow(" << x[i] << ", " << y[i] << ") is " << z[i] << ", not "
          << want[i];
    }
  }
}

TEST(Pow, HasTheBitsOfTheDefinitionOnEveryInstructionSet) {
  std::mt19937_64 random(7);
  for (std::uint64_t x_kind = 0; x_kind < 7; ++x_kind) {
    for (std::uint64_t y_kind = 0; y_kind < 7; ++y_kind) {
      std::vector<float> x(5003);
      std::vector<float> y(x.size());
      for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = number(random, x_kind);
        y[i] = number(random, y_kind);
      }
      expect_powers(x, y);
    }
  }
}

// Where powers are about to be subnormal, zero or infinite.
TEST(Pow, EndsWhereTheDefinitionEnds) {
  std::mt19937_64 random(7);
  std::vector<float> x;
  std::vector<float> y;
  for (const double end : {-150.5, -150.0, -149.0, -126.0, -120.0, -119.0, 127.0, 128.0, 129.0}) {
    for (int i = 0; i < 2000; ++i) {
      const float base = number(random, static_cast<std::uint64_t>(i % 3));
      if (!(base > 0 && base != 1 && base < INFINITY)) continue;
      const double exponent = (end + number(random, 2) / 9) / std::log2(base);
      x.push_back(base);
      y.push_back(static_cast<float>(exponent));
    }
  }
  expect_powers(x, y);
}

TEST(Pow, TakesScalarsAndRowsOfEveryLength) {
  for (const Isa isa : isas_here()) {
    const BinaryKernel& kernel = binary_kernels(isa)[Binary::kPow];
    for (std::size_t count = 0; count < 40; ++count) {
      std::vector<float> x(count);
      for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<float>(i) / 7;
      std::vector<float> y(count + 1, 77.0F);
      kernel.right_scalar(x.data(), 2.2F, y.data(), count);
      for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(y[i], numeric::pow(x[i], 2.2F));
      kernel.left_scalar(1.7F, x.data(), y.data(), count);
      for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(y[i], numeric::pow(1.7F, x[i]));
      ASSERT_EQ(y[count], 77.0F);
      std::vector<float> z = x;
      kernel.both(z.data(), z.data(), z.data(), count);
      for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(z[i], numeric::pow(x[i], x[i]));
    }
  }
}

}  // namespace
}  // namespace slipway
