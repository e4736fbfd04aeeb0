#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/whole.cc"
#include "kernels/elementwise/whole.h"

#include <type_traits>

#include "kernels/elementwise/whole_divide.h"

#define SLIPWAY_LOOP_TARGETS
#include "kernels/simd/dispatch.h"
// NOLINTNEXTLINE(llvm-include-order): for each target again
#include "kernels/elementwise/chunks-inl.h"

namespace slipway {
#ifndef SLIPWAY_WHOLE_TABLE
#define SLIPWAY_WHOLE_TABLE
inline constexpr std::size_t kWholeTypes = 4;
struct WholeTable {
  WholeElements of[static_cast<std::size_t>(Whole::kDiv)][kWholeTypes];
};
#endif
}  // namespace slipway

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

template <Whole kFunction, typename T>
HWY_INLINE T combined(T a, T b) {
  using U = std::make_unsigned_t<T>;
  if constexpr (kFunction == Whole::kMin) return b < a ? b : a;
  if constexpr (kFunction == Whole::kMax) return a < b ? b : a;
  if constexpr (kFunction == Whole::kSign) return static_cast<T>((a > 0 ? 1 : 0) - (a < 0 ? 1 : 0));
  const auto x = static_cast<U>(a);
  const auto y = static_cast<U>(b);
  if constexpr (kFunction == Whole::kAbs) return a < 0 ? static_cast<T>(0U - x) : a;
  if constexpr (kFunction == Whole::kAdd) return static_cast<T>(x + y);
  if constexpr (kFunction == Whole::kSub) return static_cast<T>(x - y);
  return static_cast<T>(x * (y + 0U));
}

template <Whole kFunction, typename T>
void combine(const void* a, std::size_t a_step, const void* b, std::size_t b_step, void* y,
             std::size_t count) {
  for_chunks(a, a_step, b, b_step, y, count, kPairLoop<T, T, combined<kFunction, T>>);
}

// Of sums, differences and products the sign says nothing.
#define SLIPWAY_ROW(f)                                                             \
  {                                                                                \
    combine<f, std::uint8_t>, combine<f, std::uint8_t>, combine<f, std::uint32_t>, \
        combine<f, std::uint64_t>                                                  \
  }
#define SLIPWAY_SIGNED_ROW(f)                                                    \
  {                                                                              \
    combine<f, std::int8_t>, combine<f, std::uint8_t>, combine<f, std::int32_t>, \
        combine<f, std::int64_t>                                                 \
  }
constexpr WholeTable kTable = {{SLIPWAY_ROW(Whole::kAdd), SLIPWAY_ROW(Whole::kSub),
                                SLIPWAY_ROW(Whole::kMul), SLIPWAY_SIGNED_ROW(Whole::kMin),
                                SLIPWAY_SIGNED_ROW(Whole::kMax), SLIPWAY_SIGNED_ROW(Whole::kAbs),
                                SLIPWAY_SIGNED_ROW(Whole::kSign)}};
#undef SLIPWAY_ROW
#undef SLIPWAY_SIGNED_ROW

}  // namespace
const WholeTable& whole_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
namespace {

SLIPWAY_KERNELS(WholeTable, tables, whole_table)

}  // namespace

WholeElements whole_elements(Isa isa, Whole function, Element type) {
  if (is_division(function)) return whole_division(isa, function, type);
  const auto& row = tables(isa).of[static_cast<std::size_t>(function)];
  switch (type) {
    case Element::kI8:
      return row[0];
    case Element::kU8:
      return row[1];
    case Element::kI32:
      return row[2];
    case Element::kI64:
      return row[3];
    default:
      return nullptr;
  }
}

}  // namespace slipway
#endif
