#include "kernels/elementwise/whole.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace slipway {
namespace {

template <typename T>
T expected(Whole function, T a, T b) {
  const auto x = static_cast<std::uint64_t>(a);
  const auto y = static_cast<std::uint64_t>(b);
  switch (function) {
    case Whole::kAdd:
      return static_cast<T>(x + y);
    case Whole::kSub:
      return static_cast<T>(x - y);
    case Whole::kMul:
      return static_cast<T>(x * y);
    case Whole::kMin:
      return a < b ? a : b;
    default:
      return a < b ? b : a;
  }
}

template <typename T>
void expect_definition(Element type) {
  std::mt19937_64 random(7);
  for (const Isa isa : isas_here()) {
    for (std::size_t f = 0; f < static_cast<std::size_t>(Whole::kCount); ++f) {
      const auto function = static_cast<Whole>(f);
      for (const std::size_t count : {0U, 1U, 7U, 64U, 128U, 511U, 512U, 513U, 1500U}) {
        for (const auto& [a_step, b_step] :
             {std::pair(std::size_t{1}, std::size_t{1}), {0, 1}, {1, 0}, {0, 0}}) {
          std::vector<T> a(count * a_step + 1);
          std::vector<T> b(count * b_step + 1);
          for (T& x : a) x = static_cast<T>(random());
          for (T& x : b) x = static_cast<T>(random());
          a[0] = std::numeric_limits<T>::min();
          b[0] = std::numeric_limits<T>::max();
          std::vector<T> want(count);
          for (std::size_t i = 0; i < count; ++i)
            want[i] = expected(function, a[i * a_step], b[i * b_step]);
          std::vector<T> y(count + 1, T{77});
          const WholeElements combine = whole_elements(isa, function, type);
          combine(a.data(), a_step, b.data(), b_step, y.data(), count);
          const std::string what = std::string(isa_name(isa)) + " function " + std::to_string(f) +
                                   " of " + std::to_string(sizeof(T)) + " bytes, " +
                                   std::to_string(count) + " elements";
          ASSERT_EQ(y[count], T{77}) << what;
          y.pop_back();
          ASSERT_EQ(y, want) << what;
          if (a_step == 1) {
            combine(a.data(), 1, b.data(), b_step, a.data(), count);
            a.pop_back();
            ASSERT_EQ(a, want) << what << ", in place of the first";
          }
        }
      }
    }
  }
}

TEST(Whole, HasTheDefinitionsNumbersOnEveryInstructionSet) {
  expect_definition<std::int8_t>(Element::kI8);
  expect_definition<std::uint8_t>(Element::kU8);
  expect_definition<std::int32_t>(Element::kI32);
  expect_definition<std::int64_t>(Element::kI64);
  for (const Element none : {Element::kF32, Element::kF16, Element::kBool})
    EXPECT_EQ(whole_elements(best_isa(), Whole::kAdd, none), nullptr);
}

}  // namespace
}  // namespace slipway
