#include "kernels/conv/layout.h"

#include <gtest/gtest.h>

#include <vector>

#include "kernels/conv/shape.h"

namespace slipway {
namespace {

TEST(Layout, BlockedAndPlainHoldTheSame) {
  for (const Isa isa : isas_here()) {
    for (const std::size_t channels : {1, 3, 15, 16, 17, 32, 40}) {
      for (const std::size_t positions : {0, 1, 15, 16, 17, 49, 64}) {
        SCOPED_TRACE(testing::Message() << isa_name(isa) << " " << channels << " x " << positions);
        std::vector<float> plain(channels * positions);
        for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<float>(i + 1);
        const std::size_t blocks = blocks_of(channels);
        std::vector<float> blocked(blocks * positions * kConvBlock, -1.0F);
        for (std::size_t b = 0; b < blocks; ++b) {
          layout_kernels(isa).to_blocked(plain.data(), blocked.data(), channels, positions, b,
                                         b + 1);
        }
        for (std::size_t i = 0; i < blocked.size(); ++i) {
          const std::size_t channel = i / kConvBlock / positions * kConvBlock + i % kConvBlock;
          const std::size_t position = i / kConvBlock % positions;
          ASSERT_EQ(blocked[i], channel < channels ? plain[channel * positions + position] : 0.0F);
        }
        std::vector<float> back(plain.size(), -1.0F);
        layout_kernels(isa).to_plain(blocked.data(), back.data(), channels, positions, 0, blocks);
        EXPECT_EQ(back, plain);
      }
    }
  }
}

}  // namespace
}  // namespace slipway
