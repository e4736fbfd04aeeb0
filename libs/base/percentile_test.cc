#include "base/percentile.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace slipway {
namespace {

TEST(NearestRank, IsOneOfTheValues) {
  const std::vector<double> four = {1, 2, 4, 8};
  EXPECT_EQ(nearest_rank(four, 0), 1);
  EXPECT_EQ(nearest_rank(four, 0.25), 1);
  EXPECT_EQ(nearest_rank(four, 0.26), 2);
  EXPECT_EQ(nearest_rank(four, 0.5), 2);
  EXPECT_EQ(nearest_rank(four, 0.99), 8);
  EXPECT_EQ(nearest_rank(four, 1), 8);
}

TEST(NearestRank, OfOneIsThatOne) {
  const std::vector<double> one = {3};
  EXPECT_EQ(nearest_rank(one, 0), 3);
  EXPECT_EQ(nearest_rank(one, 0.999), 3);
}

TEST(NearestRank, LeavesOneInAThousandAbove) {
  std::vector<double> thousand(1000);
  std::iota(thousand.begin(), thousand.end(), 1);
  EXPECT_EQ(nearest_rank(thousand, 0.999), 999);
  EXPECT_EQ(nearest_rank(thousand, 0.99), 990);
}

}  // namespace
}  // namespace slipway
