#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows/arg_extreme.cc"
#include "kernels/rows/arg_extreme.h"

#include <algorithm>
#include <limits>

#define SLIPWAY_LOOP_TARGETS
#include "kernels/simd/dispatch.h"
// NOLINTNEXTLINE(llvm-include-order): for each target again
#include "kernels/rows/abreast-inl.h"

#ifndef SLIPWAY_ARG_EXTREME_TABLE
#define SLIPWAY_ARG_EXTREME_TABLE
namespace slipway {
struct ArgExtremeTable {
  ArgExtreme of[2][2];  // is_max, takes_last
};
}  // namespace slipway
#endif

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

template <bool kMax>
HWY_INLINE bool is_beyond(float a, float b) {
  return (kMax ? a > b : a < b) | ((a != a) & (b == b));
}

template <bool kMax, bool kTakesLast>
HWY_INLINE bool takes_over(float here, float there) {
  return kTakesLast ? !is_beyond<kMax>(there, here) : is_beyond<kMax>(here, there);
}

template <bool kMax, bool kTakesLast, typename Index>
void find_columns(const float* x, std::int64_t* y, std::size_t length, std::size_t inner,
                  std::size_t begin, std::size_t end) {
  Abreast<Index> found;
  for (std::size_t c = begin; c < end; c += kAbreast) {
    const std::size_t count = std::min(end - c, kAbreast);
    find_abreast<takes_over<kMax, kTakesLast>>(x + c, length, inner, count, found);
    std::copy_n(found.at, count, y + c);
  }
}

// A row is as many columns as stand abreast, whose extremes are then compared.
template <bool kMax, bool kTakesLast>
std::int64_t find_in_row(const float* x, std::size_t length) {
  float best = x[0];
  std::size_t at = 0;
  const auto take = [&](float value, std::size_t i) HWY_ATTR {
    const bool is_equal = !is_beyond<kMax>(value, best) && !is_beyond<kMax>(best, value);
    if (is_equal ? (kTakesLast ? i > at : i < at) : is_beyond<kMax>(value, best)) {
      best = value;
      at = i;
    }
  };
  std::size_t rest = 1;
  const std::size_t rows = length / kAbreast;
  if (rows > 1 && rows <= std::numeric_limits<std::int32_t>::max()) {
    Abreast<std::int32_t> found;
    find_abreast<takes_over<kMax, kTakesLast>>(x, rows, kAbreast, kAbreast, found);
    for (std::size_t c = 0; c < kAbreast; ++c)
      take(found.best[c], static_cast<std::size_t>(found.at[c]) * kAbreast + c);
    rest = rows * kAbreast;
  }
  for (std::size_t i = rest; i < length; ++i) take(x[i], i);
  return static_cast<std::int64_t>(at);
}

template <bool kMax, bool kTakesLast>
void find(const float* x, std::int64_t* y, std::size_t length, std::size_t inner, std::size_t begin,
          std::size_t end) {
  if (inner == 1) {
    *y = find_in_row<kMax, kTakesLast>(x, length);
  } else if (length <= std::numeric_limits<std::int32_t>::max()) {
    find_columns<kMax, kTakesLast, std::int32_t>(x, y, length, inner, begin, end);
  } else {
    find_columns<kMax, kTakesLast, std::int64_t>(x, y, length, inner, begin, end);
  }
}

constexpr ArgExtremeTable kTable = {
    {{find<false, false>, find<false, true>}, {find<true, false>, find<true, true>}}};

}  // namespace
const ArgExtremeTable& arg_extreme_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
namespace {

SLIPWAY_KERNELS(ArgExtremeTable, tables, arg_extreme_table)

}  // namespace

ArgExtreme arg_extreme(Isa isa, bool is_max, bool takes_last) {
  return tables(isa).of[is_max ? 1 : 0][takes_last ? 1 : 0];
}

}  // namespace slipway
#endif
