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
    case Whole::kMax:
      return a < b ? b : a;
    case Whole::kAbs:
      return a < 0 ? static_cast<T>(0 - x) : a;
    case Whole::kSign:
      return static_cast<T>(a == 0 ? 0 : a < 0 ? -1 : 1);
    default:
      break;
  }
  if (b == static_cast<T>(-1)) return static_cast<T>(function == Whole::kDiv ? 0 - x : 0);
  const auto rest = static_cast<T>(a % b);
  if (function == Whole::kDiv) return static_cast<T>(a / b);
  if (function == Whole::kModulo && rest != 0 && (rest < 0) != (b < 0))
    return static_cast<T>(rest + b);
  return rest;
}

template <typename T>
void expect_definition(Element type) {
  std::mt19937_64 random(7);
  for (const Isa isa : isas_here()) {
    for (std::size_t f = 0; f < static_cast<std::size_t>(Whole::kCount); ++f) {
      const auto function = static_cast<Whole>(f);
      if (whole_elements(isa, function, type) == nullptr) {
        EXPECT_TRUE(is_division(function) && sizeof(T) == 1);
        continue;
      }
      for (const std::size_t count : {0U, 1U, 7U, 64U, 128U, 511U, 512U, 513U, 1500U}) {
        for (const auto& [a_step, b_step] :
             {std::pair(std::size_t{1}, std::size_t{1}), {0, 1}, {1, 0}, {0, 0}}) {
          std::vector<T> a(count * a_step + 1);
          std::vector<T> b(count * b_step + 1);
          for (T& x : a) x = static_cast<T>(random());
          for (T& x : b) x = static_cast<T>(random());
          a[0] = std::numeric_limits<T>::min();
          b[0] = std::numeric_limits<T>::max();
          for (T& x : b) x = x == 0 ? T{3} : x;
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

// Every divisor beside every power of two, of numbers beside its multiples and the ends of types.
template <typename T>
void expect_quotients(Element type) {
  constexpr T kLeast = std::numeric_limits<T>::min();
  constexpr T kMost = std::numeric_limits<T>::max();
  std::vector<T> divisors = {kLeast, kMost, 10, 1000, 12345, 715827883};
  std::vector<T> ends = {0, 1, -1, kLeast, kMost, INT32_MIN, INT32_MAX};
  for (int bit = 0; bit < static_cast<int>(8 * sizeof(T)) - 1; ++bit) {
    for (const int beside : {-1, 0, 1}) {
      const auto divisor = static_cast<T>((T{1} << bit) + beside);
      if (divisor == 0) continue;
      divisors.push_back(divisor);
      divisors.push_back(static_cast<T>(-divisor));
      ends.push_back(divisor);
    }
  }
  std::mt19937_64 random(7);
  for (const T divisor : divisors) {
    std::vector<T> x;
    for (const T end : ends) {
      const T whole = divisor == -1 ? end : static_cast<T>(end / divisor * divisor);
      for (const T near : {end, whole}) {
        for (const std::uint64_t beside : {0, 1, -1})
          x.push_back(static_cast<T>(static_cast<std::uint64_t>(near) + beside));
      }
    }
    while (x.size() % 64 != 0 || x.size() < 1000)
      x.push_back(static_cast<T>(static_cast<std::int32_t>(random())));
    std::vector<T> y(x.size());
    for (const Isa isa : isas_here()) {
      for (const Whole function : {Whole::kDiv, Whole::kRemainder, Whole::kModulo}) {
        whole_elements(isa, function, type)(x.data(), 1, &divisor, 0, y.data(), x.size());
        for (std::size_t i = 0; i < x.size(); ++i) {
          ASSERT_EQ(y[i], expected(function, x[i], divisor))
              << isa_name(isa) << " " << x[i] << " by " << divisor;
        }
      }
    }
  }
}

TEST(Whole, DividesAsTheDefinitionByEveryDivisor) {
  expect_quotients<std::int32_t>(Element::kI32);
  expect_quotients<std::int64_t>(Element::kI64);
}

}  // namespace
}  // namespace slipway
