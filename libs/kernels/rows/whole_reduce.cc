#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rows/whole_reduce.cc"
#include "kernels/rows/whole_reduce.h"

#include <algorithm>
#include <type_traits>

#define SLIPWAY_LOOP_TARGETS
#include "kernels/simd/dispatch.h"

#ifndef SLIPWAY_WHOLE_REDUCE_TABLE
#define SLIPWAY_WHOLE_REDUCE_TABLE
namespace slipway {
struct WholeReduceTable {
  WholeReduceKernel of[3][2];  // sum, max, min; int32, int64
};
}  // namespace slipway
#endif

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

struct Sum {
  template <typename T>
  static HWY_INLINE T of(T a, T b) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
  }
};
struct Max {
  template <typename T>
  static HWY_INLINE T of(T a, T b) {
    return a < b ? b : a;
  }
};
struct Min {
  template <typename T>
  static HWY_INLINE T of(T a, T b) {
    return b < a ? b : a;
  }
};

constexpr std::size_t kTogether = 64;

template <typename T, typename F>
void reduce_rows(const void* x, void* y, std::size_t rows, std::size_t n) {
  const auto* from = static_cast<const T*>(x);
  auto* const to = static_cast<T*>(y);
  for (std::size_t r = 0; r < rows; ++r, from += n) {
    T sum = from[0];
    for (std::size_t i = 1; i < n; ++i) sum = F::of(sum, from[i]);
    to[r] = sum;
  }
}

template <typename T, typename F>
void reduce_columns(const void* x, void* y, std::size_t length, std::size_t inner,
                    std::size_t begin, std::size_t end) {
  const auto* const from = static_cast<const T*>(x);
  auto* const to = static_cast<T*>(y);
  for (std::size_t c = begin; c < end; c += kTogether) {
    const std::size_t count = std::min(end - c, kTogether);
    T sum[kTogether] = {};
    std::copy_n(from + c, count, sum);
    for (std::size_t i = 1; i < length; ++i) {
      const T* const row = from + i * inner + c;
      if (count == kTogether) {
        for (std::size_t j = 0; j < kTogether; ++j) sum[j] = F::of(sum[j], row[j]);
      } else {
        for (std::size_t j = 0; j < count; ++j) sum[j] = F::of(sum[j], row[j]);
      }
    }
    std::copy_n(sum, count, to + c);
  }
}

template <typename T, typename F>
constexpr WholeReduceKernel kKernel = {reduce_rows<T, F>, reduce_columns<T, F>};

constexpr WholeReduceTable kTable = {{{kKernel<std::int32_t, Sum>, kKernel<std::int64_t, Sum>},
                                      {kKernel<std::int32_t, Max>, kKernel<std::int64_t, Max>},
                                      {kKernel<std::int32_t, Min>, kKernel<std::int64_t, Min>}}};

}  // namespace
const WholeReduceTable& whole_reduce_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
namespace {

SLIPWAY_KERNELS(WholeReduceTable, tables, whole_reduce_table)

}  // namespace

WholeReduceKernel whole_reduce_kernel(Isa isa, Reduction reduction, Element type) {
  const bool is_wide = type == Element::kI64;
  if (!is_wide && type != Element::kI32) return {};
  const auto& table = tables(isa).of;
  switch (reduction) {
    case Reduction::kSum:
      return table[0][is_wide ? 1 : 0];
    case Reduction::kMax:
      return table[1][is_wide ? 1 : 0];
    case Reduction::kMin:
      return table[2][is_wide ? 1 : 0];
    default:
      return {};
  }
}

}  // namespace slipway
#endif
