#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/compare.cc"
#include "kernels/elementwise/compare.h"

#include <functional>

#define SLIPWAY_LOOP_TARGETS
#include "kernels/simd/dispatch.h"
// NOLINTNEXTLINE(llvm-include-order): for each target again
#include "kernels/elementwise/chunks-inl.h"

#ifndef SLIPWAY_COMPARE_TABLE
#define SLIPWAY_COMPARE_TABLE
namespace slipway {
struct CompareTable {
  CompareElements of[6][static_cast<std::size_t>(Compare::kCount)];
};
}  // namespace slipway
#endif

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

template <typename T, typename F>
HWY_INLINE std::uint8_t compared(T a, T b) {
  return static_cast<std::uint8_t>(F{}(a, b));
}

template <typename T, typename F>
void compare(const void* a, std::size_t a_step, const void* b, std::size_t b_step, std::uint8_t* y,
             std::size_t count) {
  for_chunks(a, a_step, b, b_step, y, count, kPairLoop<T, std::uint8_t, compared<T, F>>);
}

#define SLIPWAY_ROW(T)                                                                   \
  {                                                                                      \
    compare<T, std::equal_to<>>, compare<T, std::less<>>, compare<T, std::less_equal<>>, \
        compare<T, std::greater<>>, compare<T, std::greater_equal<>>                     \
  }
constexpr CompareTable kTable = {{SLIPWAY_ROW(float), SLIPWAY_ROW(double), SLIPWAY_ROW(std::int8_t),
                                  SLIPWAY_ROW(std::uint8_t), SLIPWAY_ROW(std::int32_t),
                                  SLIPWAY_ROW(std::int64_t)}};
#undef SLIPWAY_ROW

}  // namespace
const CompareTable& compare_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
namespace {

SLIPWAY_KERNELS(CompareTable, tables, compare_table)

int row_of(Element type) {
  switch (type) {
    case Element::kF32:
      return 0;
    case Element::kF64:
      return 1;
    case Element::kI8:
      return 2;
    case Element::kU8:
    case Element::kBool:
      return 3;
    case Element::kI32:
      return 4;
    case Element::kI64:
      return 5;
    default:
      return -1;
  }
}

}  // namespace

CompareElements compare_elements(Isa isa, Compare function, Element type) {
  const int row = row_of(type);
  return row < 0 ? nullptr : tables(isa).of[row][static_cast<std::size_t>(function)];
}

}  // namespace slipway
#endif
