#include "kernels/conv/byte_layout.h"

#include <gtest/gtest.h>

#include <vector>

#include "kernels/conv/shape.h"
#include "kernels/numeric/round.h"

namespace slipway {
namespace {

TEST(ByteLayout, GoesThereAndBack) {
  for (const std::size_t channels : {1, 3, 16, 17, 40}) {
    for (const std::size_t positions : {1, 7, 64, 65, 200}) {
      for (const int flip : {0, 0x80}) {
        std::vector<std::uint8_t> plain(channels * positions);
        for (std::size_t i = 0; i < plain.size(); ++i)
          plain[i] = static_cast<std::uint8_t>(i * 37 % 251);
        const std::size_t blocks = blocks_of(channels);
        std::vector<std::uint8_t> blocked(blocks * positions * kConvBlock, 9);
        std::vector<std::uint8_t> back(plain.size(), 9);
        const auto f = static_cast<std::uint8_t>(flip);
        for (std::size_t b = blocks; b > 0; --b)
          bytes_to_blocked(plain.data(), blocked.data(), channels, positions, f, b - 1, b);
        for (std::size_t i = 0; i < blocked.size(); ++i) {
          const std::size_t channel = i / (positions * kConvBlock) * kConvBlock + i % kConvBlock;
          const std::size_t position = i / kConvBlock % positions;
          const int want = channel < channels ? plain[channel * positions + position] ^ flip : 0;
          ASSERT_EQ(+blocked[i], want) << channels << " channels, element " << i;
        }
        for (std::size_t b = blocks; b > 0; --b)
          bytes_to_plain(blocked.data(), back.data(), channels, positions, f, b - 1, b);
        EXPECT_EQ(back, plain);
      }
    }
  }
}

TEST(ByteLayout, QuantizesWithTheBitsOfTheDefinition) {
  for (const std::size_t channels : {1, 2, 3, 4, 5, 16}) {
    for (const std::size_t positions : {1, 7, 64, 65, 200}) {
      std::vector<float> x(channels * positions);
      for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = static_cast<float>(static_cast<int>(i * 37 % 251) - 125) * 0.0113F;
      for (const Isa isa : isas_here()) {
        std::vector<std::uint8_t> y(positions * kConvBlock, 9);
        const std::size_t half = positions / 2;
        quantize_to_blocked(isa, x.data(), y.data(), channels, positions, 0.01F, 100, half,
                            positions);
        quantize_to_blocked(isa, x.data(), y.data(), channels, positions, 0.01F, 100, 0, half);
        for (std::size_t i = 0; i < x.size(); ++i) {
          const std::int32_t want = numeric::quantize(x[i], 0.01F, 100, numeric::kUint8Range);
          ASSERT_EQ(+y[i % positions * kConvBlock + i / positions], want)
              << isa_name(isa) << ", " << channels << " channels, element " << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace slipway
