#include "kernels/vectors/rows.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <random>
#include <vector>

namespace slipway {
namespace {

// Every NaN is the same.
std::uint32_t bits(float x) { return x != x ? 0x7FC00000U : std::bit_cast<std::uint32_t>(x); }

TEST(Scores, AreTransformedAsRowByRow) {
  std::mt19937 random(1);
  for (const std::size_t width : {1, 2, 3, 17, 64, 65}) {
    for (const std::size_t rows : {1, 15, 16, 50}) {
      std::vector<float> scores(rows * width);
      for (float& x : scores)
        x = static_cast<float>(static_cast<std::int32_t>(random())) * 0x1p-28F;
      scores[0] = std::numeric_limits<float>::quiet_NaN();
      scores[rows * width / 2] = std::numeric_limits<float>::infinity();
      for (int t = 0; t < static_cast<int>(TreeTransform::kCount); ++t) {
        const auto transform = static_cast<TreeTransform>(t);
        std::vector<float> expected = scores;
        for (std::size_t r = 0; r < rows; ++r)
          transform_scores(transform, expected.data() + r * width, width);
        for (const Isa isa : isas_here()) {
          std::vector<float> y = scores;
          class_score_kernels(isa).transform(transform, y.data(), rows, width);
          for (std::size_t i = 0; i < y.size(); ++i) {
            ASSERT_EQ(bits(y[i]), bits(expected[i]))
                << isa_name(isa) << ", transform " << t << ", width " << width << ", element " << i;
          }
        }
      }
    }
  }
}

TEST(Scores, TheFirstOfTheHighestOrTheSign) {
  float to[3];
  const float scores[] = {1, 3, 3};
  EXPECT_EQ(choose_linear({TreeTransform::kNone, 3, false}, scores, to), 1U);
  EXPECT_EQ(to[2], 3);
  EXPECT_EQ(choose_linear({TreeTransform::kNone, 1, true}, scores, to), 1U);
  EXPECT_EQ(to[0], 0);
  EXPECT_EQ(to[1], 1);
  const float zero = 0;
  EXPECT_EQ(choose_linear({TreeTransform::kSoftmax, 1, true}, &zero, to), 0U);
}

TEST(Rows, AreDividedByTheirNorms) {
  const float row[] = {-3, 4, 0};
  float to[3];
  divide_by_norm(RowNorm::kMax, row, to);
  EXPECT_EQ(to[0], -0.75F);
  divide_by_norm(RowNorm::kL1, row, to);
  EXPECT_EQ(to[1], 4.0F / 7.0F);
  divide_by_norm(RowNorm::kL2, row, to);
  EXPECT_EQ(to[0], -0.6F);
  const float zeros[] = {0, 0, 0};
  divide_by_norm(RowNorm::kL2, zeros, to);
  EXPECT_EQ(to[2], 0);
}

}  // namespace
}  // namespace slipway
