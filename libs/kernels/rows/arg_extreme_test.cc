#include "kernels/rows/arg_extreme.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace slipway {
namespace {

// As ONNX has it: one after the other.
std::int64_t expected(const float* x, std::size_t length, std::size_t stride, bool is_max,
                      bool takes_last) {
  const auto is_beyond = [&](float a, float b) {
    return (is_max ? a > b : a < b) || (std::isnan(a) && !std::isnan(b));
  };
  std::size_t at = 0;
  for (std::size_t i = 1; i < length; ++i) {
    const float here = x[i * stride];
    const float best = x[at * stride];
    if (takes_last ? !is_beyond(best, here) : is_beyond(here, best)) at = i;
  }
  return static_cast<std::int64_t>(at);
}

struct Row {
  const char* name;
  std::vector<float> x;
  std::int64_t first_max, last_max, first_min, last_min;
};

TEST(ArgExtreme, OfARow) {
  const Row rows[] = {
      {"one", {3}, 0, 0, 0, 0},
      {"plain", {1, 5, -2, 4}, 1, 1, 2, 2},
      {"equals", {1, 5, 5, 1, -0.0F, 0}, 1, 2, 4, 5},
      {"NaN", {1, NAN, 7, NAN, -7}, 1, 3, 1, 3},
      {"infinities", {-INFINITY, INFINITY}, 1, 1, 0, 0},
  };
  for (const Row& row : rows) {
    for (const Isa isa : isas_here()) {
      const auto find = [&](bool is_max, bool last) {
        std::int64_t y = -1;
        arg_extreme(isa, is_max, last)(row.x.data(), &y, row.x.size(), 1, 0, 1);
        return y;
      };
      EXPECT_EQ(find(true, false), row.first_max) << row.name;
      EXPECT_EQ(find(true, true), row.last_max) << row.name;
      EXPECT_EQ(find(false, false), row.first_min) << row.name;
      EXPECT_EQ(find(false, true), row.last_min) << row.name;
    }
  }
}

// Few values, so that many are equal, and now and then a NaN; rows of all lengths, columns wherever
// a caller begins.
TEST(ArgExtreme, OfRowsAndColumnsOfAllSizes) {
  std::mt19937 random(5);
  for (std::size_t length = 1; length < 300; length += length < 140 ? 1 : 13) {
    for (const std::size_t inner : {1U, 3U, 64U, 150U}) {
      const std::size_t begin = inner > 3 ? 3 : 0;
      std::vector<float> x(length * inner);
      for (float& value : x) value = static_cast<float>(static_cast<int>(random() % 7) - 3);
      if (length % 3 == 0) x[random() % x.size()] = NAN;
      for (int form = 0; form < 4; ++form) {
        const bool is_max = form % 2 == 1;
        const bool takes_last = form >= 2;
        for (const Isa isa : isas_here()) {
          std::vector<std::int64_t> y(inner, -1);
          arg_extreme(isa, is_max, takes_last)(x.data(), y.data(), length, inner, begin, inner);
          for (std::size_t c = 0; c < inner; ++c) {
            const std::int64_t want =
                c < begin ? -1 : expected(x.data() + c, length, inner, is_max, takes_last);
            ASSERT_EQ(y[c], want) << isa_name(isa) << " " << length << " x " << inner << ": " << c;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace slipway
