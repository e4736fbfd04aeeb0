#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm/doubles.cc"
#include "kernels/gemm/doubles.h"

#include <algorithm>

#include "kernels/numeric/dot.h"
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

inline constexpr std::size_t kLanes = hn::MaxLanes(D64());
// Rows and vectors of columns whose sums the registers hold, and vectors of a single row.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
inline constexpr std::size_t kRows = 8;
inline constexpr std::size_t kVectors = 2;
#else
inline constexpr std::size_t kRows = 4;
inline constexpr std::size_t kVectors = 8 / kLanes;
#endif
inline constexpr std::size_t kOfRow = 4;
inline constexpr std::size_t kChains = 16;  // the most

HWY_INLINE hn::Vec<D64> load_columns(const double* from, std::size_t count) {
  const D64 d;
#if HWY_ARCH_X86
  if (count < kLanes) return hn::MaskedLoad(hn::FirstN(d, count), d, from);
#else
  static_cast<void>(count);
#endif
  return hn::LoadU(d, from);
}

// One chain of a tile: every `chains`-th product. Its last vector has `last` columns.
template <std::size_t kR, std::size_t kV>
HWY_INLINE void add_chain(const DoubleProduct& p, const double* a, const double* b,
                          std::size_t last, std::size_t chain, double* sums) {
  const D64 d;
  hn::Vec<D64> acc[kR][kV];
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < kR; ++r) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < kV; ++v) acc[r][v] = hn::Zero(d);
  }
  for (std::size_t i = chain; i < p.k; i += p.chains) {
    const double* const row = b + i * p.n;
    hn::Vec<D64> w[kV];
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < kV; ++v)
      w[v] = v + 1 == kV ? load_columns(row + v * kLanes, last) : hn::LoadU(d, row + v * kLanes);
    HWY_UNROLL(8)
    for (std::size_t r = 0; r < kR; ++r) {
      const auto x = hn::Set(d, a[r * p.k + i]);
      HWY_UNROLL(4)
      for (std::size_t v = 0; v < kV; ++v) acc[r][v] = hn::MulAdd(x, w[v], acc[r][v]);
    }
  }
  HWY_UNROLL(8)
  for (std::size_t r = 0; r < kR; ++r) {
    HWY_UNROLL(4)
    for (std::size_t v = 0; v < kV; ++v) hn::StoreU(acc[r][v], d, sums + (r * kV + v) * kLanes);
  }
}

template <std::size_t kR, std::size_t kV>
HWY_NOINLINE void tile(const DoubleProduct& p, std::size_t row, std::size_t column,
                       std::size_t last) {
  constexpr std::size_t kSums = kR * kV * kLanes;
  double sums[kChains * kSums];
  for (std::size_t chain = 0; chain < p.chains; ++chain)
    add_chain<kR, kV>(p, p.a + row * p.k, p.b + column, last, chain, sums + chain * kSums);
  for (std::size_t half = p.chains / 2 * kSums; half >= kSums; half /= 2) {
    HWY_UNROLL(1)
    for (std::size_t i = 0; i < half; ++i) sums[i] += sums[half + i];
  }
  for (std::size_t r = 0; r < kR; ++r)
    std::copy_n(sums + r * kV * kLanes, (kV - 1) * kLanes + last, p.c + (row + r) * p.n + column);
}

// Of kR rows from each row on: the last tile takes rows again where too few are left.
template <std::size_t kR, std::size_t kV>
void all_rows(const DoubleProduct& p, std::size_t begin, std::size_t end, std::size_t column,
              std::size_t last) {
  for (std::size_t row = begin; row < end; row += kR)
    tile<kR, kV>(p, std::min(row, end - kR), column, last);
}

template <std::size_t kR, std::size_t kV>
void all_columns(const DoubleProduct& p, std::size_t begin, std::size_t end) {
  std::size_t column = 0;
  for (; column + kV * kLanes <= p.n; column += kV * kLanes)
    all_rows<kR, kV>(p, begin, end, column, kLanes);
  for (; column + kLanes <= p.n; column += kLanes) all_rows<kR, 1>(p, begin, end, column, kLanes);
  if (column == p.n) return;
#if HWY_ARCH_X86
  all_rows<kR, 1>(p, begin, end, column, p.n - column);
#else
  for (; column < p.n; ++column) {
    for (std::size_t r = begin; r < end; ++r) {
      p.c[r * p.n + column] = numeric::dot_in_chains(
          p.a + r * p.k, 1, p.b + column, static_cast<std::ptrdiff_t>(p.n), p.k, p.chains);
    }
  }
#endif
}

void rows(const DoubleProduct& p, std::size_t begin, std::size_t end) {
  if (end - begin >= kRows) return all_columns<kRows, kVectors>(p, begin, end);
  all_columns<1, kOfRow>(p, begin, end);
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
