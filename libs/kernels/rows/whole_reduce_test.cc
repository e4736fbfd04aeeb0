#include "kernels/rows/whole_reduce.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace slipway {
namespace {

template <typename T>
T expected(Reduction reduction, const T* x, std::size_t length, std::size_t stride) {
  T y = x[0];
  for (std::size_t i = 1; i < length; ++i) {
    const T value = x[i * stride];
    if (reduction == Reduction::kSum)
      y = static_cast<T>(static_cast<std::uint64_t>(y) + static_cast<std::uint64_t>(value));
    if (reduction == Reduction::kMax) y = value > y ? value : y;
    if (reduction == Reduction::kMin) y = value < y ? value : y;
  }
  return y;
}

template <typename T>
void expect_definition(Element type) {
  std::mt19937_64 random(9);
  for (const Reduction reduction : {Reduction::kSum, Reduction::kMax, Reduction::kMin}) {
    for (const std::size_t length : {1U, 2U, 15U, 64U, 131U}) {
      for (const std::size_t inner : {1U, 5U, 64U, 150U}) {
        std::vector<T> x(length * inner);
        for (T& value : x) value = static_cast<T>(random());
        for (const Isa isa : isas_here()) {
          const WholeReduceKernel kernel = whole_reduce_kernel(isa, reduction, type);
          const std::size_t begin = inner > 3 ? 3 : 0;
          std::vector<T> columns(inner, T{5});
          kernel.columns(x.data(), columns.data(), length, inner, begin, inner);
          for (std::size_t c = 0; c < inner; ++c) {
            const T want = c < begin ? T{5} : expected(reduction, x.data() + c, length, inner);
            ASSERT_EQ(columns[c], want) << isa_name(isa) << " column " << c << " of " << inner;
          }
          std::vector<T> rows(length);
          kernel.rows(x.data(), rows.data(), length, inner);
          for (std::size_t r = 0; r < length; ++r)
            ASSERT_EQ(rows[r], expected(reduction, x.data() + r * inner, inner, 1))
                << isa_name(isa) << " row " << r << " of " << inner;
        }
      }
    }
  }
}

TEST(WholeReduce, HasTheDefinitionsNumbersOnEveryInstructionSet) {
  expect_definition<std::int32_t>(Element::kI32);
  expect_definition<std::int64_t>(Element::kI64);
  EXPECT_EQ(whole_reduce_kernel(best_isa(), Reduction::kMean, Element::kI32).rows, nullptr);
  EXPECT_EQ(whole_reduce_kernel(best_isa(), Reduction::kSum, Element::kU8).rows, nullptr);
}

}  // namespace
}  // namespace slipway
