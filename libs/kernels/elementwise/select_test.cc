#include "kernels/elementwise/select.h"

#include <gtest/gtest.h>

#include <limits>

namespace slipway {
namespace {

TEST(CompareElements, AsTheTypeHasIt) {
  const std::int64_t a[] = {-1, 5, std::numeric_limits<std::int64_t>::max()};
  const std::int64_t b[] = {1, 5, std::numeric_limits<std::int64_t>::max() - 1};
  struct Row {
    Compare function;
    std::vector<std::uint8_t> want, want_against_first;  // a with b, a with b[0]
  };
  const Row rows[] = {
      {Compare::kEqual, {0, 1, 0}, {0, 0, 0}},          {Compare::kLess, {1, 0, 0}, {1, 0, 0}},
      {Compare::kLessOrEqual, {1, 1, 0}, {1, 0, 0}},    {Compare::kGreater, {0, 0, 1}, {0, 1, 1}},
      {Compare::kGreaterOrEqual, {0, 1, 1}, {0, 1, 1}},
  };
  for (const Row& row : rows) {
    std::vector<std::uint8_t> y(3, 9);
    const CompareElements compare = compare_elements(row.function, Element::kI64);
    compare(a, 1, b, 1, y.data(), 3);
    EXPECT_EQ(y, row.want) << static_cast<int>(row.function);
    compare(a, 1, b, 0, y.data(), 3);
    EXPECT_EQ(y, row.want_against_first) << static_cast<int>(row.function);
  }
  const std::uint8_t large[] = {200};
  const std::uint8_t small[] = {100};
  std::uint8_t y = 9;
  compare_elements(Compare::kLess, Element::kI8)(large, 0, small, 0, &y, 1);
  EXPECT_EQ(y, 1);
  compare_elements(Compare::kLess, Element::kU8)(large, 0, small, 0, &y, 1);
  EXPECT_EQ(y, 0);
  const double nan[] = {std::numeric_limits<double>::quiet_NaN()};
  compare_elements(Compare::kEqual, Element::kF64)(nan, 0, nan, 0, &y, 1);
  EXPECT_EQ(y, 0);
  EXPECT_EQ(compare_elements(Compare::kLess, Element::kF16), nullptr);
}

TEST(ChooseElements, OfEveryWidth) {
  const std::uint8_t condition[] = {0, 1, 255, 0};
  const std::uint16_t a[] = {1, 2, 3, 4};
  const std::uint16_t b[] = {10, 20, 30, 40};
  std::vector<std::uint16_t> y(4);
  choose_elements(2)(condition, 1, a, 1, b, 1, y.data(), 4);
  EXPECT_EQ(y, (std::vector<std::uint16_t>{10, 2, 3, 40}));
  choose_elements(2)(condition, 1, a, 0, b, 1, y.data(), 4);
  EXPECT_EQ(y, (std::vector<std::uint16_t>{10, 1, 1, 40}));
  choose_elements(2)(condition + 1, 0, a, 1, b, 0, y.data(), 4);
  EXPECT_EQ(y, (std::vector<std::uint16_t>{1, 2, 3, 4}));
  EXPECT_EQ(choose_elements(16), nullptr);
}

TEST(CombineBools, TakesAnythingForTrue) {
  const std::uint8_t a[] = {0, 2, 0, 4};
  const std::uint8_t b[] = {0, 0, 1, 1};
  const std::vector<std::uint8_t> want[] = {{0, 0, 0, 1}, {0, 1, 1, 1}, {0, 1, 1, 0}};
  for (std::size_t f = 0; f < 3; ++f) {
    std::vector<std::uint8_t> y(4);
    combine_bools(static_cast<Logic>(f), a, 1, b, 1, y.data(), 4);
    EXPECT_EQ(y, want[f]) << f;
  }
}

}  // namespace
}  // namespace slipway
