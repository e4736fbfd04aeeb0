#include "kernels/rows/bins.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace slipway {
namespace {

TEST(Bins, CountWhatIsInEach) {
  for (const std::size_t n : {1U, 3U, 15U, 16U, 17U, 64U, 1000U}) {
    std::vector<float> x(n);
    for (std::size_t i = 0; i < n; ++i)
      x[i] = i % 3 == 0 ? 0.0F : static_cast<float>((i * 2654435761U) % 4096) / 1024.0F - 2.0F;
    // The ends of bins, and what is next to them.
    if (n > 20) {
      x[1] = -2.0F;
      x[2] = std::nextafter(2.0F, 0.0F);
      x[4] = -0x1p-149F;
      x[5] = 0x1p-149F;
      x[7] = -0x1p-10F;
      x[8] = std::nextafter(-0x1p-10F, 0.0F);
      x[10] = -0.0F;
    }
    std::vector<std::uint64_t> expected(kBins, 7);
    for (std::size_t i = 0; i < n; ++i) {
      const double place = std::floor(static_cast<double>(x[i]) * 1024) + kBins / 2.0;
      ++expected[static_cast<std::size_t>(place)];
    }
    for (const Isa isa : isas_here()) {
      std::vector<std::uint64_t> counts(kBins, 7);
      bin_kernels(isa).count(x.data(), n, 1024.0F, counts.data());
      EXPECT_EQ(counts, expected) << isa_name(isa) << " " << n;
    }
  }
}

}  // namespace
}  // namespace slipway
