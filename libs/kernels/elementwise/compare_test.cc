#include "kernels/elementwise/compare.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

namespace slipway {
namespace {

template <typename T>
bool holds(Compare function, T a, T b) {
  switch (function) {
    case Compare::kEqual:
      return a == b;
    case Compare::kLess:
      return a < b;
    case Compare::kLessOrEqual:
      return a <= b;
    case Compare::kGreater:
      return a > b;
    default:
      return a >= b;
  }
}

// Few values, so that many are equal, and the ends of the type; of floats a NaN as well.
template <typename T>
std::vector<T> sample(std::size_t count, std::mt19937& random) {
  using Limits = std::numeric_limits<T>;
  const T values[] = {T{0},
                      T{1},
                      static_cast<T>(-1),
                      static_cast<T>(100),
                      Limits::max(),
                      Limits::min(),
                      Limits::lowest(),
                      Limits::has_quiet_NaN ? Limits::quiet_NaN() : T{2}};
  std::vector<T> x(count);
  for (T& value : x) value = values[random() % std::size(values)];
  return x;
}

template <typename T>
void expect_definition(Element type) {
  std::mt19937 random(11);
  for (const Isa isa : isas_here()) {
    for (std::size_t f = 0; f < static_cast<std::size_t>(Compare::kCount); ++f) {
      const auto function = static_cast<Compare>(f);
      for (const std::size_t count : {0U, 1U, 15U, 16U, 63U, 64U, 128U, 512U, 513U, 1500U}) {
        for (const auto& [a_step, b_step] :
             {std::pair(std::size_t{1}, std::size_t{1}), {0, 1}, {1, 0}, {0, 0}}) {
          const std::vector<T> a = sample<T>(count * a_step + 1, random);
          const std::vector<T> b = sample<T>(count * b_step + 1, random);
          std::vector<std::uint8_t> y(count + 1, 9);
          compare_elements(isa, function, type)(a.data(), a_step, b.data(), b_step, y.data(),
                                                count);
          const std::string what = std::string(isa_name(isa)) + " function " + std::to_string(f) +
                                   " of type " + std::to_string(static_cast<int>(type)) + ", " +
                                   std::to_string(count) + " elements";
          for (std::size_t i = 0; i < count; ++i)
            ASSERT_EQ(y[i], holds(function, a[i * a_step], b[i * b_step]) ? 1 : 0)
                << what << ", at " << i;
          ASSERT_EQ(y[count], 9) << what;
        }
      }
    }
  }
}

TEST(Compare, HasTheDefinitionsAnswersOnEveryInstructionSet) {
  expect_definition<float>(Element::kF32);
  expect_definition<double>(Element::kF64);
  expect_definition<std::int8_t>(Element::kI8);
  expect_definition<std::uint8_t>(Element::kU8);
  expect_definition<std::uint8_t>(Element::kBool);
  expect_definition<std::int32_t>(Element::kI32);
  expect_definition<std::int64_t>(Element::kI64);
  EXPECT_EQ(compare_elements(best_isa(), Compare::kLess, Element::kF16), nullptr);
}

// As a Not writes its bools over those it reads.
TEST(Compare, OfBytesMayBeInPlace) {
  for (const Isa isa : isas_here()) {
    std::vector<std::uint8_t> x(777);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<std::uint8_t>(i % 3);
    const std::uint8_t zero = 0;
    compare_elements(isa, Compare::kEqual, Element::kBool)(x.data(), 1, &zero, 0, x.data(),
                                                           x.size());
    for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(x[i], i % 3 == 0 ? 1 : 0) << i;
  }
}

}  // namespace
}  // namespace slipway
