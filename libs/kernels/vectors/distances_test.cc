#include "kernels/vectors/distances.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "kernels/gemm/pack.h"
#include "kernels/numeric/reduce.h"

namespace slipway {
namespace {

std::vector<float> random_floats(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> x(count);
  for (float& v : x) v = static_cast<float>(static_cast<std::int32_t>(random())) * 0x1p-29F;
  return x;
}

TEST(Distances, HaveTheBitsOfSumsOfSquares) {
  for (const std::size_t k : {1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 18, 30, 64, 101}) {
    for (const std::size_t n : {1, 15, 16, 17, 50}) {
      constexpr std::size_t kRows = 3;
      const auto stride = static_cast<std::size_t>(n) + 3;
      std::vector<float> x = random_floats(kRows * k, 1);
      const std::vector<float> v = random_floats(n * k, 2);
      if (k > 2) x[k + 1] = std::numeric_limits<float>::infinity();
      std::vector<float> expected(kRows * stride, -1.0F);
      std::vector<float> difference(k);
      for (std::size_t row = 0; row < kRows; ++row) {
        for (std::size_t i = 0; i < n; ++i) {
          for (std::size_t f = 0; f < k; ++f) difference[f] = x[row * k + f] - v[i * k + f];
          expected[row * stride + i] = numeric::sum_of_squares(difference.data(), k);
        }
      }
      std::vector<float> packed(packed_bytes(WeightType::kF32, n, k, 1) / sizeof(float));
      pack_b(WeightType::kF32, v.data(), 1, static_cast<std::ptrdiff_t>(k), n, k, 1, packed.data());
      for (const Isa isa : isas_here()) {
        std::vector<float> y(kRows * stride, -1.0F);
        distance_kernels(isa).squared({x.data(), kRows, k, packed.data(), n, y.data(), stride});
        for (std::size_t i = 0; i < y.size(); ++i) {
          ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(expected[i]))
              << isa_name(isa) << ", k " << k << ", n " << n << ", element " << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace slipway
