#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/doubles.cc"
#include "kernels/elementwise/doubles.h"

#define SLIPWAY_LOOP_TARGETS
#include "kernels/simd/dispatch.h"
// NOLINTNEXTLINE(llvm-include-order): for each target again
#include "kernels/elementwise/chunks-inl.h"

namespace slipway {
#ifndef SLIPWAY_DOUBLES_TABLE
#define SLIPWAY_DOUBLES_TABLE
struct DoublesTable {
  DoubleElements of[static_cast<std::size_t>(Double::kCount)];
};
#endif
}  // namespace slipway

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

template <Double kFunction>
HWY_INLINE double combined(double a, double b) {
  if constexpr (kFunction == Double::kAdd) return a + b;
  if constexpr (kFunction == Double::kSub) return a - b;
  if constexpr (kFunction == Double::kMul) return a * b;
  if constexpr (kFunction == Double::kDiv) return a / b;
  if constexpr (kFunction == Double::kMin) return ((b < a) | (b != b)) != 0 ? b : a;
  if constexpr (kFunction == Double::kMax) return ((b > a) | (b != b)) != 0 ? b : a;
  if constexpr (kFunction == Double::kAbs) return __builtin_fabs(a);
  if constexpr (kFunction == Double::kSign) {
    const double sign = a > 0.0 ? 1.0 : a == 0.0 ? 0.0 : a;
    return a < 0.0 ? -1.0 : sign;
  }
  return __builtin_sqrt(a);
}

template <Double kFunction>
void combine(const void* a, std::size_t a_step, const void* b, std::size_t b_step, void* y,
             std::size_t count) {
  for_chunks(a, a_step, b, b_step, y, count, kPairLoop<double, double, combined<kFunction>>);
}

constexpr DoublesTable kTable = {
    {combine<Double::kAdd>, combine<Double::kSub>, combine<Double::kMul>, combine<Double::kDiv>,
     combine<Double::kMin>, combine<Double::kMax>, combine<Double::kAbs>, combine<Double::kSign>,
     combine<Double::kSqrt>}};

}  // namespace
const DoublesTable& doubles_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
namespace {

SLIPWAY_KERNELS(DoublesTable, tables, doubles_table)

}  // namespace

DoubleElements double_elements(Isa isa, Double function) {
  return tables(isa).of[static_cast<std::size_t>(function)];
}

}  // namespace slipway
#endif
