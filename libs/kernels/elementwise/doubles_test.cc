#include "kernels/elementwise/doubles.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include "kernels/numeric/lanes.h"

namespace slipway {
namespace {

double expected(Double function, double a, double b) {
  switch (function) {
    case Double::kAdd:
      return a + b;
    case Double::kSub:
      return a - b;
    case Double::kMul:
      return a * b;
    case Double::kDiv:
      return a / b;
    case Double::kMin:
      return numeric::less_of(a, b);
    case Double::kMax:
      return numeric::greater_of(a, b);
    case Double::kAbs:
      return std::fabs(a);
    case Double::kSign:
      return a > 0 ? 1.0 : a < 0 ? -1.0 : a == 0 ? 0.0 : a;
    default:
      return std::sqrt(a);
  }
}

// Numbers of every size, halves, wholes, and those that have rules of their own.
std::vector<double> numbers(std::size_t count, std::uint64_t seed) {
  constexpr double kOwn[] = {0.0,    -0.0,    INFINITY, -INFINITY,   NAN, 1.0,
                             -1.0,   0.5,     -0.5,     1.5,         2.5, 0x1p52,
                             0x1p53, -0x1p51, 5e-324,   0x1p51 + 0.5};
  std::mt19937_64 random(seed);
  std::vector<double> x(count);
  for (double& v : x) {
    const std::uint64_t bits = random();
    switch (bits % 4) {
      case 0:
        v = std::bit_cast<double>(random());
        break;
      case 1:
        v = static_cast<double>(static_cast<std::int64_t>(random()) >> 48) / 2;
        break;
      case 2:
        v = kOwn[random() % std::size(kOwn)];
        break;
      default:
        v = static_cast<double>(static_cast<std::int64_t>(random())) * 0x1p-60;
    }
  }
  return x;
}

TEST(Doubles, HaveTheBitsOfTheDefinitionOnEveryInstructionSet) {
  for (const Isa isa : isas_here()) {
    for (std::size_t f = 0; f < static_cast<std::size_t>(Double::kCount); ++f) {
      const auto function = static_cast<Double>(f);
      for (const std::size_t count : {0U, 1U, 15U, 64U, 65U, 1500U}) {
        for (const auto& [a_step, b_step] :
             {std::pair(std::size_t{1}, std::size_t{1}), {0, 1}, {1, 0}, {0, 0}}) {
          const std::vector<double> a = numbers(count + 1, count);
          const std::vector<double> b = numbers(count + 1, count + 1);
          std::vector<double> y(count + 1, 77.0);
          double_elements(isa, function)(a.data(), a_step, b.data(), b_step, y.data(), count);
          ASSERT_EQ(y[count], 77.0);
          for (std::size_t i = 0; i < count; ++i) {
            const double want = expected(function, a[i * a_step], b[i * b_step]);
            if (std::isnan(want) && std::isnan(y[i])) continue;
            ASSERT_EQ(std::bit_cast<std::uint64_t>(y[i]), std::bit_cast<std::uint64_t>(want))
                << isa_name(isa) << " function " << f << " of " << a[i * a_step] << " and "
                << b[i * b_step];
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace slipway
