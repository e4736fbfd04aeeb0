#include "kernels/numeric/dot.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace slipway::numeric {
namespace {

// The rule, letter by letter.
template <typename T>
T defined_dot(const std::vector<T>& a, const std::vector<T>& b, std::size_t chains) {
  std::vector<T> acc(chains, T{0});
  for (std::size_t k = 0; k < a.size(); ++k)
    acc[k % chains] = std::fma(a[k], b[k], acc[k % chains]);
  for (std::size_t half = chains / 2; half > 0; half /= 2) {
    for (std::size_t c = 0; c < half; ++c) acc[c] += acc[c + half];
  }
  return acc[0];
}

template <typename T>
std::vector<T> wave(std::size_t count, double frequency) {
  std::vector<T> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = static_cast<T>(std::sin(static_cast<double>(i) * frequency) * 3);
  return values;
}

TEST(Dot, ChainCountDependsOnShapeAlone) {
  EXPECT_EQ(chain_count(1, 1000), 16U);
  EXPECT_EQ(chain_count(15, 64), 16U);
  EXPECT_EQ(chain_count(15, 63), 8U);
  EXPECT_EQ(chain_count(16, 1000), 8U);
  EXPECT_EQ(chain_count(32, 1000), 4U);
  EXPECT_EQ(chain_count(64, 1000), 2U);
  EXPECT_EQ(chain_count(127, 1000), 2U);
  EXPECT_EQ(chain_count(128, 1000), 1U);
  EXPECT_EQ(chain_count(1, 7), 1U);
  EXPECT_EQ(chain_count(1, 0), 1U);
}

template <typename T>
void compare_with_definition() {
  for (const std::size_t n : {1, 3, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 130, 200}) {
    for (const std::size_t k : {0, 1, 5, 31, 64, 129, 200}) {
      constexpr std::size_t kM = 9;
      const auto a = wave<T>(kM * k, 0.37);
      const auto b = wave<T>(k * n, 0.23);
      std::vector<T> c(kM * n, T{-1});
      std::vector<T> transposed(kM * n, T{-1});
      std::vector<T> b_columns(k * n);
      for (std::size_t p = 0; p < k; ++p) {
        for (std::size_t j = 0; j < n; ++j) b_columns[j * k + p] = b[p * n + j];
      }
      const auto sk = static_cast<std::ptrdiff_t>(k);
      const auto sn = static_cast<std::ptrdiff_t>(n);
      gemm(kM, n, k, Matrix<const T>{a.data(), sk, 1}, Matrix<const T>{b.data(), sn, 1},
           Matrix<T>{c.data(), sn, 1});
      gemm(kM, n, k, Matrix<const T>{a.data(), sk, 1}, Matrix<const T>{b_columns.data(), 1, sk},
           Matrix<T>{transposed.data(), 1, kM});
      for (std::size_t i = 0; i < kM; ++i) {
        const std::vector<T> row(a.begin() + static_cast<std::ptrdiff_t>(i * k),
                                 a.begin() + static_cast<std::ptrdiff_t>((i + 1) * k));
        for (std::size_t j = 0; j < n; ++j) {
          const std::vector<T> column(b_columns.begin() + static_cast<std::ptrdiff_t>(j * k),
                                      b_columns.begin() + static_cast<std::ptrdiff_t>((j + 1) * k));
          const T want = defined_dot(row, column, chain_count(n, k));
          ASSERT_EQ(c[i * n + j], want) << "n " << n << " k " << k << " at " << i << "," << j;
          ASSERT_EQ(transposed[j * kM + i], want)
              << "n " << n << " k " << k << " at " << i << "," << j;
          ASSERT_EQ(dot(row.data(), 1, column.data(), 1, k, n), want) << "n " << n << " k " << k;
          ASSERT_EQ(dot(row.data(), 1, k == 0 ? nullptr : &b[j], sn, k, n), want)
              << "n " << n << " k " << k;
        }
      }
    }
  }
}

TEST(Dot, GemmAndDotFollowTheDefinitionInFloat) { compare_with_definition<float>(); }
TEST(Dot, GemmAndDotFollowTheDefinitionInDouble) { compare_with_definition<double>(); }

TEST(Dot, AnyNumberOfChains) {
  constexpr std::size_t kM = 3, kN = 70, kK = 90;
  const auto a = wave<float>(kM * kK, 0.37);
  const auto b = wave<float>(kK * kN, 0.23);
  for (const std::size_t chains : {1, 2, 4, 8, 16}) {
    for (const std::size_t n : {std::size_t{5}, kN}) {
      std::vector<float> c(kM * kN);
      gemm_in_chains(kM, n, kK, chains, Matrix<const float>{a.data(), kK, 1},
                     Matrix<const float>{b.data(), kN, 1}, Matrix<float>{c.data(), kN, 1});
      for (std::size_t j = 0; j < n; ++j) {
        std::vector<float> column(kK);
        for (std::size_t p = 0; p < kK; ++p) column[p] = b[p * kN + j];
        const std::vector<float> row(a.end() - kK, a.end());
        ASSERT_EQ(c[2 * kN + j], defined_dot(row, column, chains))
            << chains << " chains, output " << j;
        ASSERT_EQ(dot_in_chains(row.data(), 1, column.data(), 1, kK, chains), c[2 * kN + j])
            << chains;
      }
    }
  }
}

TEST(Dot, MultiplyAdd) {
  const auto b = wave<float>(111, 0.31);
  for (const std::ptrdiff_t stride : {1, 3}) {
    auto acc = wave<float>(37, 0.17);
    const auto before = acc;
    multiply_add(1.7F, b.data(), stride, acc.data(), acc.size());
    for (std::size_t j = 0; j < acc.size(); ++j) {
      EXPECT_EQ(acc[j], std::fma(1.7F, b[j * static_cast<std::size_t>(stride)], before[j])) << j;
    }
  }
}

// The order is visible: another number of chains gives other bits.
TEST(Dot, OrderMatters) {
  const auto a = wave<float>(200, 0.37);
  const auto b = wave<float>(200, 0.23);
  EXPECT_NE(dot(a.data(), 1, b.data(), 1, 200, 1), dot(a.data(), 1, b.data(), 1, 200, 128));
}

TEST(Dot, EmptyAndNegativeZero) {
  const float zero = -0.0F;
  const float one = 1.0F;
  EXPECT_EQ(std::bit_cast<std::uint32_t>(dot(&one, 1, &zero, 1, 0, 1)), 0U);
  EXPECT_EQ(std::bit_cast<std::uint32_t>(dot(&one, 1, &zero, 1, 1, 1)), 0U);
}

TEST(Dot, IntegersWrap) {
  const std::int32_t a[] = {2147483647, 2, -3};
  const std::int32_t b[] = {2, 2147483647, 5};
  std::int32_t c = 0;
  gemm<std::int32_t>(1, 1, 3, {a, 3, 1}, {b, 1, 1}, {&c, 1, 1});
  EXPECT_EQ(c, static_cast<std::int32_t>(4294967294U + 4294967294U - 15U));
  const std::int8_t x[] = {-128, 127};
  std::int8_t y = 0;
  gemm<std::int8_t>(1, 1, 2, {x, 2, 1}, {x, 1, 1}, {&y, 1, 1});
  EXPECT_EQ(y, static_cast<std::int8_t>((128 * 128 + 127 * 127) & 0xFF));
}

}  // namespace
}  // namespace slipway::numeric
