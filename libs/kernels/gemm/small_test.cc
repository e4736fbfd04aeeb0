#include "kernels/gemm/small.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "kernels/numeric/dot.h"

namespace slipway {
namespace {

TEST(SmallProducts, HaveTheBitsOfTheDefinitionOnEveryInstructionSet) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  constexpr std::size_t kCount = 5;
  for (const std::size_t m : {0U, 1U, 3U, 4U, 9U}) {
    for (std::size_t n = 1; n <= kMostSmall; n += n < 4 ? 1 : 3) {
      for (const std::size_t k : {1U, 3U, 4U, 7U, 16U}) {
        std::vector<float> a(kCount * m * k);
        std::vector<float> b(kCount * k * n);
        for (float& x : a) x = normal(random);
        for (float& x : b) x = normal(random);
        for (const std::size_t a_step : {std::size_t{0}, m * k}) {
          for (const std::size_t b_step : {std::size_t{0}, k * n}) {
            std::vector<float> want;
            for (std::size_t i = 0; i < kCount * m * n; ++i) {
              const std::size_t product = i / (m * n);
              want.push_back(numeric::dot_in_chains(a.data() + product * a_step + i / n % m * k, 1,
                                                    b.data() + product * b_step + i % n,
                                                    static_cast<std::ptrdiff_t>(n), k, 1));
            }
            for (const Isa isa : isas_here()) {
              std::vector<float> c(kCount * m * n + 1, 77.0F);
              small_products(isa)({m, n, k, a.data(), b.data(), c.data(), a_step, b_step, kCount});
              ASSERT_EQ(c.back(), 77.0F);
              if (want.empty()) continue;
              ASSERT_EQ(std::memcmp(c.data(), want.data(), want.size() * sizeof(float)), 0)
                  << isa_name(isa) << " " << m << " x " << n << " x " << k;
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace slipway
