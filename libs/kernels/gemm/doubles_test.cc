#include "kernels/gemm/doubles.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "kernels/numeric/dot.h"

namespace slipway {
namespace {

TEST(DoubleProduct, HasTheBitsOfTheDefinitionOnEveryInstructionSet) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  for (const std::size_t m : {1U, 4U, 7U}) {
    for (const std::size_t n : {1U, 7U, 8U, 20U, 33U, 70U, 130U}) {
      for (const std::size_t k : {1U, 3U, 8U, 30U, 65U, 200U}) {
        std::vector<double> a(m * k);
        std::vector<double> b(k * n);
        for (double& x : a) x = normal(random);
        for (double& x : b) x = normal(random);
        std::vector<double> want(m * n);
        for (std::size_t i = 0; i < m; ++i) {
          for (std::size_t j = 0; j < n; ++j) {
            want[i * n + j] =
                numeric::dot(&a[i * k], 1, &b[j], static_cast<std::ptrdiff_t>(n), k, n);
          }
        }
        for (const Isa isa : isas_here()) {
          std::vector<double> c(m * n + 1, 77.0);
          const DoubleProduct product = {n,        k,        numeric::chain_count(n, k),
                                         a.data(), b.data(), c.data()};
          double_product(isa)(product, 0, m / 2);
          double_product(isa)(product, m / 2, m);
          ASSERT_EQ(c[m * n], 77.0);
          ASSERT_EQ(std::memcmp(c.data(), want.data(), want.size() * sizeof(double)), 0)
              << isa_name(isa) << " " << m << " x " << n << " x " << k;
        }
      }
    }
  }
}

}  // namespace
}  // namespace slipway
