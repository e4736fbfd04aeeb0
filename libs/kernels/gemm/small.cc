#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm/small.cc"
#include "kernels/gemm/small.h"

#include <algorithm>

#include "kernels/simd/dispatch.h"
// NOLINTNEXTLINE(llvm-include-order): for each target again
#include "kernels/simd/f32x16-inl.h"

#ifndef SLIPWAY_SMALL_PRODUCT_TABLE
#define SLIPWAY_SMALL_PRODUCT_TABLE
namespace slipway {
struct SmallProductTable {
  SmallProductKernel run;
};
}  // namespace slipway
#endif

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

constexpr std::size_t kRows = 4;  // whose sums are added to side by side

template <std::size_t kR>
HWY_INLINE void add_rows(const SmallProducts& p, const float* a, const F32x16* b, float* c) {
  F32x16 sums[kR];
  HWY_UNROLL(4)
  for (std::size_t r = 0; r < kR; ++r) sums[r] = zero();
  HWY_UNROLL(1)
  for (std::size_t i = 0; i < p.k; ++i) {
    HWY_UNROLL(4)
    for (std::size_t r = 0; r < kR; ++r) sums[r] = fma(set(a[r * p.k + i]), b[i], sums[r]);
  }
  HWY_UNROLL(4)
  for (std::size_t r = 0; r < kR; ++r) store_first(sums[r], c + r * p.n, p.n);
}

void run(const SmallProducts& p) {
  F32x16 rows[kMostSmall];
  for (std::size_t i = 0; i < p.count; ++i) {
    const float* a = p.a + i * p.a_step;
    const float* const b = p.b + i * p.b_step;
    float* c = p.c + i * p.m * p.n;
    if (i == 0 || p.b_step != 0) {
      HWY_UNROLL(1)
      for (std::size_t r = 0; r < p.k; ++r) rows[r] = load_first(b + r * p.n, p.n);
    }
    std::size_t left = p.m;
    for (; left >= kRows; left -= kRows, a += kRows * p.k, c += kRows * p.n)
      add_rows<kRows>(p, a, rows, c);
    for (; left != 0; --left, a += p.k, c += p.n) add_rows<1>(p, a, rows, c);
  }
}

constexpr SmallProductTable kTable = {run};

}  // namespace
const SmallProductTable& small_product_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
namespace {

SLIPWAY_KERNELS(SmallProductTable, tables, small_product_table)

}  // namespace

SmallProductKernel small_products(Isa isa) { return tables(isa).run; }

}  // namespace slipway
#endif
