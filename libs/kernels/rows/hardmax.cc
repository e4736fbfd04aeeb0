#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows/hardmax.cc"
#include "kernels/rows/hardmax.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#define SLIPWAY_LOOP_TARGETS
#include "kernels/simd/dispatch.h"
// NOLINTNEXTLINE(llvm-include-order): for each target again
#include "kernels/rows/abreast-inl.h"

#ifndef SLIPWAY_HARDMAX_TABLE
#define SLIPWAY_HARDMAX_TABLE
namespace slipway {
struct HardmaxTable {
  Hardmax columns;
};
}  // namespace slipway
#endif

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

HWY_INLINE bool is_greater(float here, float there) { return here > there; }

// Of numbers that are not NaN; without any, minus infinity.
float greatest_of(const float* x, std::size_t length) {
  float best[kAbreast];
  std::fill_n(best, kAbreast, -HUGE_VALF);
  std::size_t i = 0;
  for (; i + kAbreast <= length; i += kAbreast) {
    HWY_UNROLL(1)
    for (std::size_t c = 0; c < kAbreast; ++c) best[c] = x[i + c] > best[c] ? x[i + c] : best[c];
  }
  for (; i < length; ++i) best[0] = x[i] > best[0] ? x[i] : best[0];
  return *std::max_element(best, best + kAbreast);
}

void set_row(const float* x, float* y, std::size_t length) {
  const float greatest = greatest_of(x, length);
  std::size_t at = 0;
  if (x[0] == x[0]) {
    for (; at + kAbreast <= length; at += kAbreast) {
      int found = 0;
      HWY_UNROLL(1)
      for (std::size_t c = 0; c < kAbreast; ++c) found |= x[at + c] == greatest ? 1 : 0;
      if (found != 0) break;
    }
    while (x[at] != greatest) ++at;
  }
  std::fill_n(y, length, 0.0F);
  y[at] = 1.0F;
}

void set_columns(const float* x, float* y, std::size_t length, std::size_t inner,
                 std::size_t count) {
  Abreast<std::int32_t> found;
  find_abreast<is_greater>(x, length, inner, count, found);
  for (std::size_t i = 0; i < length; ++i) std::fill_n(y + i * inner, count, 0.0F);
  for (std::size_t c = 0; c < count; ++c)
    y[static_cast<std::size_t>(found.at[c]) * inner + c] = 1.0F;
}

void columns(const float* x, float* y, std::size_t length, std::size_t inner, std::size_t begin,
             std::size_t end) {
  if (inner == 1) return set_row(x, y, length);
  for (std::size_t c = begin; c < end; c += kAbreast)
    set_columns(x + c, y + c, length, inner, std::min(end - c, kAbreast));
}

constexpr HardmaxTable kTable = {columns};

}  // namespace
const HardmaxTable& hardmax_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
namespace {

SLIPWAY_KERNELS(HardmaxTable, tables, hardmax_table)

}  // namespace

Hardmax hardmax(Isa isa) { return tables(isa).columns; }

}  // namespace slipway
#endif
