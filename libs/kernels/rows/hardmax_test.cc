#include "kernels/rows/hardmax.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace slipway {
namespace {

std::vector<float> defined(const std::vector<float>& x, std::size_t length, std::size_t inner) {
  std::vector<float> y(x.size(), 0.0F);
  for (std::size_t c = 0; c < inner; ++c) {
    std::size_t best = 0;
    for (std::size_t i = 0; i < length; ++i) {
      if (x[i * inner + c] > x[best * inner + c]) best = i;
    }
    y[best * inner + c] = 1.0F;
  }
  return y;
}

TEST(Hardmax, TakesTheFirstOfTheGreatestOnEveryInstructionSet) {
  std::mt19937 random(7);
  const float kinds[][5] = {{1, 2, 3, 4, 5},
                            {0.0F, -0.0F, 0.0F, -0.0F, -1},
                            {NAN, 1, 2, -INFINITY, NAN},
                            {-INFINITY, NAN, -INFINITY, NAN, NAN}};
  for (const auto& kind : kinds) {
    for (const std::size_t length : {1U, 2U, 5U, 63U, 64U, 65U, 300U}) {
      for (const std::size_t inner : {1U, 3U, 64U, 65U, 200U}) {
        std::vector<float> x(length * inner);
        for (float& v : x) v = kind[random() % 5];
        const std::vector<float> want = defined(x, length, inner);
        for (const Isa isa : isas_here()) {
          std::vector<float> y = x;  // in place
          hardmax(isa)(y.data(), y.data(), length, inner, 0, inner / 3);
          if (inner != 1) hardmax(isa)(y.data(), y.data(), length, inner, inner / 3, inner);
          ASSERT_EQ(y, want) << isa_name(isa) << " " << length << " by " << inner;
        }
      }
    }
  }
}

}  // namespace
}  // namespace slipway
