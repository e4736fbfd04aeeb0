#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm/doubles.cc"
#include "kernels/gemm/doubles.h"

#include <algorithm>

#include "kernels/numeric/dot.h"

#define SLIPWAY_LOOP_TARGETS
#include "kernels/simd/dispatch.h"

#ifndef SLIPWAY_DOUBLE_PRODUCT_TABLE
#define SLIPWAY_DOUBLE_PRODUCT_TABLE
namespace slipway {
struct DoubleProductTable {
  DoubleProductKernel rows;
};
}  // namespace slipway
#endif

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR
void rows(const DoubleProduct& p, std::size_t begin, std::size_t end) {
  const auto n = static_cast<std::ptrdiff_t>(p.n);
  const auto k = static_cast<std::ptrdiff_t>(p.k);
  numeric::gemm_in_chains(end - begin, p.n, p.k, p.chains, {p.a + begin * p.k, k, 1}, {p.b, n, 1},
                          numeric::Matrix<double>{p.c + begin * p.n, n, 1});
}
#else
namespace hn = hwy::HWY_NAMESPACE;
using D64 = hn::ScalableTag<double>;

// Rows and columns whose sums the registers hold; the most chains.
inline constexpr std::size_t kRows = 4;
inline constexpr std::size_t kColumns = 8;
inline constexpr std::size_t kChains = 16;
inline constexpr std::size_t kLanes = hn::MaxLanes(D64());
inline constexpr std::size_t kVectors = kColumns / kLanes;

// One chain of a tile: every `chains`-th product.
template <std::size_t kR>
HWY_INLINE void add_chain(const DoubleProduct& p, const double* a, const double* b,
                          std::size_t chain, double* sums) {
  const D64 d;
  hn::Vec<D64> acc[kR][kVectors];
  HWY_UNROLL(4)
  for (std::size_t r = 0; r < kR; ++r) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < kVectors; ++v) acc[r][v] = hn::Zero(d);
  }
  for (std::size_t i = chain; i < p.k; i += p.chains) {
    const double* const row = b + i * p.n;
    hn::Vec<D64> w[kVectors];
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < kVectors; ++v) w[v] = hn::LoadU(d, row + v * kLanes);
    HWY_UNROLL(4)
    for (std::size_t r = 0; r < kR; ++r) {
      const auto x = hn::Set(d, a[r * p.k + i]);
      HWY_UNROLL(4)
      for (std::size_t v = 0; v < kVectors; ++v) acc[r][v] = hn::MulAdd(x, w[v], acc[r][v]);
    }
  }
  HWY_UNROLL(4)
  for (std::size_t r = 0; r < kR; ++r) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < kVectors; ++v)
      hn::StoreU(acc[r][v], d, sums + r * kColumns + v * kLanes);
  }
}

template <std::size_t kR>
void tile(const DoubleProduct& p, std::size_t row, std::size_t column) {
  constexpr std::size_t kSums = kR * kColumns;
  double sums[kChains * kSums];
  for (std::size_t chain = 0; chain < p.chains; ++chain)
    add_chain<kR>(p, p.a + row * p.k, p.b + column, chain, sums + chain * kSums);
  for (std::size_t half = p.chains / 2 * kSums; half >= kSums; half /= 2) {
    HWY_UNROLL(1)
    for (std::size_t i = 0; i < half; ++i) sums[i] += sums[half + i];
  }
  for (std::size_t r = 0; r < kR; ++r)
    std::copy_n(sums + r * kColumns, kColumns, p.c + (row + r) * p.n + column);
}

template <std::size_t kR>
void all_columns(const DoubleProduct& p, std::size_t row) {
  std::size_t column = 0;
  for (; column + kColumns <= p.n; column += kColumns) tile<kR>(p, row, column);
  for (; column < p.n; ++column) {
    for (std::size_t r = row; r < row + kR; ++r) {
      p.c[r * p.n + column] = numeric::dot_in_chains(
          p.a + r * p.k, 1, p.b + column, static_cast<std::ptrdiff_t>(p.n), p.k, p.chains);
    }
  }
}

void rows(const DoubleProduct& p, std::size_t begin, std::size_t end) {
  std::size_t row = begin;
  for (; row + kRows <= end; row += kRows) all_columns<kRows>(p, row);
  for (; row < end; ++row) all_columns<1>(p, row);
}
#endif

constexpr DoubleProductTable kTable = {rows};

}  // namespace
const DoubleProductTable& double_product_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
namespace {

SLIPWAY_KERNELS(DoubleProductTable, tables, double_product_table)

}  // namespace

DoubleProductKernel double_product(Isa isa) { return tables(isa).rows; }

}  // namespace slipway
#endif
