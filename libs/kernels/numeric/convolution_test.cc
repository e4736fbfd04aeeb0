#include "kernels/numeric/convolution.h"

#include <gtest/gtest.h>

namespace slipway::numeric {
namespace {

TEST(Convolution, TapsGoByBlockThenPositionThenChannel) {
  for (const std::size_t channels : {1, 3, 16, 17, 40}) {
    for (const std::size_t positions : {1, 9}) {
      std::size_t k = 0;
      for (std::size_t first = 0; first < channels; first += 16) {
        for (std::size_t position = 0; position < positions; ++position) {
          for (std::size_t c = first; c < channels && c < first + 16; ++c, ++k) {
            const Tap tap = convolution_tap(k, channels, positions);
            ASSERT_EQ(tap.channel, c) << "k " << k << " of " << channels << " x " << positions;
            ASSERT_EQ(tap.position, position)
                << "k " << k << " of " << channels << " x " << positions;
          }
        }
      }
      EXPECT_EQ(k, channels * positions);
    }
  }
}

}  // namespace
}  // namespace slipway::numeric
