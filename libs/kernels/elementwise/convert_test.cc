#include "kernels/elementwise/convert.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include "base/float_bits.h"
#include "kernels/elementwise/quantize.h"
#include "kernels/numeric/round.h"

namespace slipway {
namespace {

std::vector<float> sample(std::uint64_t step) {
  std::vector<float> x = {0.0F,  -0.0F,    INFINITY, -INFINITY, NAN,   0.5F,     1.5F,
                          -2.5F, 65504.0F, 65519.0F, 65520.0F,  3e-8F, 2.98e-8F, 1e-45F};
  for (std::uint64_t bits = 0; bits <= UINT32_MAX; bits += step) {
    x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
  return x;
}

bool is_nan16(std::uint16_t bits, std::uint16_t infinity) { return (bits & 0x7FFF) > infinity; }

TEST(Convert, NarrowsToHalves) {
  const std::vector<float> x = sample(65521);
  for (const Isa isa : isas_here()) {
    std::vector<std::uint16_t> half(x.size());
    std::vector<std::uint16_t> brain(x.size());
    convert_kernel(isa, Element::kF32, Element::kF16)(x.data(), half.data(), x.size());
    convert_kernel(isa, Element::kF32, Element::kBf16)(x.data(), brain.data(), x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (std::isnan(x[i])) {
        EXPECT_TRUE(is_nan16(half[i], 0x7C00) && is_nan16(brain[i], 0x7F80));
        continue;
      }
      ASSERT_EQ(half[i], half_bits_from_float(x[i])) << isa_name(isa) << " " << x[i];
      ASSERT_EQ(brain[i], bfloat16_bits_from_float(x[i])) << isa_name(isa) << " " << x[i];
    }
  }
}

TEST(Convert, WidensHalves) {
  std::vector<std::uint16_t> x(65536 + 5);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<std::uint16_t>(i);
  for (const Isa isa : isas_here()) {
    std::vector<float> half(x.size());
    std::vector<float> brain(x.size());
    convert_kernel(isa, Element::kF16, Element::kF32)(x.data(), half.data(), x.size());
    convert_kernel(isa, Element::kBf16, Element::kF32)(x.data(), brain.data(), x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float want = float_from_half_bits(x[i]);
      const float want_brain = float_from_bfloat16_bits(x[i]);
      ASSERT_TRUE(half[i] == want || (std::isnan(half[i]) && std::isnan(want))) << i;
      ASSERT_EQ(std::signbit(half[i]), std::signbit(want));
      ASSERT_TRUE(brain[i] == want_brain || (std::isnan(brain[i]) && std::isnan(want_brain))) << i;
    }
  }
}

template <typename From, typename To>
void expect_whole(Element from, Element to) {
  std::vector<From> x;
  for (const float value : sample(1 << 19)) x.push_back(static_cast<From>(value));
  for (int i = -300; i < 300; ++i) x.push_back(static_cast<From>(i) * From{1.25});
  for (const Isa isa : isas_here()) {
    for (std::size_t count = x.size(); count + 70 > x.size(); --count) {
      std::vector<To> y(count);
      convert_kernel(isa, from, to)(x.data() + (x.size() - count), y.data(), count);
      for (std::size_t i = 0; i < count; ++i) {
        const auto value = static_cast<double>(x[x.size() - count + i]);
        ASSERT_EQ(y[i], numeric::integer_from<To>(value)) << isa_name(isa) << " of " << value;
      }
    }
  }
}

TEST(Convert, GoesTowardsZeroOnEveryInstructionSet) {
  expect_whole<float, std::int8_t>(Element::kF32, Element::kI8);
  expect_whole<float, std::uint8_t>(Element::kF32, Element::kU8);
  expect_whole<float, std::int32_t>(Element::kF32, Element::kI32);
  expect_whole<float, std::int64_t>(Element::kF32, Element::kI64);
  expect_whole<double, std::int64_t>(Element::kF64, Element::kI64);
}

TEST(Convert, OfWholeNumbersOfAllSizesOnEveryInstructionSet) {
  std::vector<std::int64_t> x;
  for (std::int64_t i = -200; i < 200; ++i) x.push_back(i * 16777217);  // below 2^32 and above
  for (std::int64_t i = 0; i < 200; ++i) x.push_back((i << 55) + i * 7 - 3);
  for (std::int64_t i = 0; i < 200; ++i) x.push_back(INT32_MAX - i * 3);
  for (const Isa isa : isas_here()) {
    for (std::size_t first = 0; first < 70; ++first) {
      const std::size_t count = x.size() - first;
      std::vector<float> y(count);
      std::vector<double> z(count);
      convert_kernel(isa, Element::kI64, Element::kF32)(x.data() + first, y.data(), count);
      convert_kernel(isa, Element::kI64, Element::kF64)(x.data() + first, z.data(), count);
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(y[i], static_cast<float>(x[first + i])) << isa_name(isa) << " " << x[first + i];
        ASSERT_EQ(z[i], static_cast<double>(x[first + i])) << isa_name(isa) << " " << x[first + i];
      }
    }
  }
}

TEST(Convert, FollowsTheRulesOfCast) {
  const auto convert = [](Element from, Element to, auto x, auto y) {
    convert_kernel(best_isa(), from, to)(&x, &y, 1);
    return y;
  };
  const std::int64_t wide = 0;
  EXPECT_EQ(convert(Element::kF32, Element::kI64, -2.9F, wide), -2);
  EXPECT_EQ(convert(Element::kF32, Element::kI64, 1e30F, wide), INT64_MAX);
  EXPECT_EQ(convert(Element::kF32, Element::kI64, NAN, wide), 0);
  EXPECT_EQ(convert(Element::kF32, Element::kI32, 4294967298.0F, 0), 0);
  EXPECT_EQ(convert(Element::kF32, Element::kU8, 257.5F, std::uint8_t{}), 1);
  EXPECT_EQ(convert(Element::kF32, Element::kBool, 0.25F, std::uint8_t{}), 1);
  EXPECT_EQ(convert(Element::kF32, Element::kBool, -0.0F, std::uint8_t{}), 0);
  EXPECT_EQ(convert(Element::kI64, Element::kI32, std::int64_t{1} << 32 | 7, 0), 7);
  EXPECT_EQ(convert(Element::kI64, Element::kF32, (std::int64_t{1} << 60) + 1, 0.0F), 0x1p60F);
  EXPECT_EQ(convert(Element::kBool, Element::kF32, std::uint8_t{1}, 0.0F), 1.0F);
  EXPECT_EQ(convert_kernel(best_isa(), Element::kF16, Element::kI8), nullptr);
}

template <typename T>
void check_quantize(Quantized type, numeric::IntegerRange range) {
  const std::vector<float> x = sample(4000037);
  const ScaledAxis whole = {x.size(), 1, 1};
  for (const Isa isa : isas_here()) {
    for (const float scale : {0.02F, 1.0F, 3e-39F}) {
      for (const int zero : {0, 3, static_cast<int>(range.low), static_cast<int>(range.high)}) {
        const T zero_point = static_cast<T>(zero);
        std::vector<T> q(x.size());
        quantize_linear(isa, type, {1, 1, x.size()}, x.data(), q.data(), &scale, &zero_point, 0, 1);
        for (std::size_t i = 0; i < x.size(); ++i) {
          ASSERT_EQ(q[i], static_cast<T>(numeric::quantize(x[i], scale, zero, range)))
              << isa_name(isa) << " " << x[i] << " by " << scale << " from " << zero;
        }
        std::vector<float> y(x.size());
        dequantize_linear(isa, type, whole, q.data(), y.data(), &scale, &zero_point, 0, x.size());
        for (std::size_t i = 0; i < x.size(); ++i) {
          ASSERT_EQ(y[i], numeric::dequantize<float>(q[i], zero, scale)) << isa_name(isa);
        }
      }
    }
  }
}

TEST(Quantize, HasTheBitsOfTheDefinition) {
  check_quantize<std::uint8_t>(Quantized::kU8, numeric::kUint8Range);
  check_quantize<std::int8_t>(Quantized::kI8, numeric::kInt8Range);
  check_quantize<std::uint16_t>(Quantized::kU16, numeric::kUint16Range);
  check_quantize<std::int16_t>(Quantized::kI16, numeric::kInt16Range);
}

// Numbers beside those that lie in the middle of two bytes, and the ends of the range.
template <typename T>
void check_halves(Quantized type, numeric::IntegerRange range) {
  std::mt19937 random(7);
  for (int trial = 0; trial < 300; ++trial) {
    const float exact[] = {1.0F, 0.5F, 3.0F, 0x1p-99F, 0x1p99F, 0x1p-101F, 0x1p101F};
    const float scale = trial < 7 ? exact[trial]
                                  : std::ldexp(1.0F + static_cast<float>(random()) * 0x1p-32F,
                                               static_cast<int>(random() % 60) - 30);
    const auto zero = static_cast<T>(random());
    std::vector<float> x = {NAN, INFINITY, -INFINITY, 0.0F, -0.0F};
    for (int half = -520; half <= 520; ++half) {
      const auto middle = static_cast<float>(static_cast<double>(half) / 2 * scale);
      x.push_back(middle);
      float below = middle;
      float above = middle;
      for (int step = 0; step < 3; ++step) {
        x.push_back(below = std::nextafter(below, -INFINITY));
        x.push_back(above = std::nextafter(above, INFINITY));
      }
    }
    std::vector<T> q(x.size());
    for (const Isa isa : isas_here()) {
      quantize_linear(isa, type, {1, 1, x.size()}, x.data(), q.data(), &scale, &zero, 0, 1);
      for (std::size_t i = 0; i < x.size(); ++i) {
        ASSERT_EQ(q[i], static_cast<T>(numeric::quantize(x[i], scale, zero, range)))
            << isa_name(isa) << " " << x[i] << " by " << scale << " from " << int{zero};
      }
    }
  }
}

TEST(Quantize, RoundsBesideHalvesAsTheDefinition) {
  check_halves<std::uint8_t>(Quantized::kU8, numeric::kUint8Range);
  check_halves<std::int8_t>(Quantized::kI8, numeric::kInt8Range);
}

TEST(Quantize, TakesAScaleForEachIndexOfAnAxis) {
  constexpr std::size_t kLength = 19;
  float scale[kLength];
  std::int8_t zero[kLength];
  for (std::size_t k = 0; k < kLength; ++k) {
    scale[k] = 0.01F * static_cast<float>(k + 1);
    zero[k] = static_cast<std::int8_t>(k * 3);
  }
  for (const std::size_t inner : {1, 5, 40}) {
    for (const std::int8_t* const zeros : {zero, static_cast<std::int8_t*>(nullptr)}) {
      const ScaledAxis axis = {2, kLength, inner};
      std::vector<float> x(2 * kLength * inner);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 37) / 9.0F - 2.0F;
      for (const Isa isa : isas_here()) {
        std::vector<std::int8_t> q(x.size());
        std::vector<float> y(x.size());
        for (std::size_t o = 0; o < 2; ++o) {
          quantize_linear(isa, Quantized::kI8, axis, x.data(), q.data(), scale, zeros, o, o + 1);
          dequantize_linear(isa, Quantized::kI8, axis, q.data(), y.data(), scale, zeros, o, o + 1);
        }
        for (std::size_t i = 0; i < x.size(); ++i) {
          const std::size_t k = i / inner % kLength;
          const std::int32_t z = zeros == nullptr ? 0 : zeros[k];
          ASSERT_EQ(q[i], numeric::quantize(x[i], scale[k], z, numeric::kInt8Range));
          ASSERT_EQ(y[i], numeric::dequantize<float>(q[i], z, scale[k]));
        }
      }
    }
  }
}

TEST(Dequantize, WrapsTheDifferenceOfWholeInt32) {
  const std::int32_t x[] = {INT32_MAX, INT32_MIN, 5, -7};
  const std::int32_t zero = -10;
  const float scale = 0.5F;
  for (const Isa isa : isas_here()) {
    float y[4];
    dequantize_linear(isa, Quantized::kI32, {1, 1, 4}, x, y, &scale, &zero, 0, 1);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(y[i], numeric::dequantize<float>(x[i], zero, scale));
    }
  }
}

}  // namespace
}  // namespace slipway
