#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/whole_divide.cc"
#include "kernels/elementwise/whole_divide.h"

#include <cmath>
#include <type_traits>

#define SLIPWAY_LOOP_TARGETS
#include "kernels/simd/dispatch.h"
// NOLINTNEXTLINE(llvm-include-order): for each target again
#include "kernels/elementwise/chunks-inl.h"

namespace slipway {
#ifndef SLIPWAY_WHOLE_DIVIDE_TABLE
#define SLIPWAY_WHOLE_DIVIDE_TABLE
namespace {

struct WholeDivideTable {
  WholeElements of[3][2];
};

constexpr std::size_t kTogether = 64;

// y[i] = f(x[i], divisor) of kTogether numbers. Quotients of numbers of 32 bits are whole or so far
// from the next whole number that doubles tell, and the reciprocal is the next double beyond, so
// that no product falls short of a whole quotient.
using DivideTogether = void (*)(const std::int32_t* x, std::int32_t divisor, double reciprocal,
                                void* y);

template <typename T>
T difference(T a, T b) {
  using U = std::make_unsigned_t<T>;
  return static_cast<T>(static_cast<U>(a) - static_cast<U>(b));
}

template <typename T>
HWY_NOINLINE void divide_each(Whole function, const T* x, std::size_t x_step, const T* by,
                              std::size_t by_step, T* y, std::size_t count) {
  for (; count != 0; --count, x += x_step, by += by_step, ++y) {
    const T quotient = *by == -1 ? difference(T{0}, *x) : static_cast<T>(*x / *by);
    const T rest = *by == -1 ? T{0} : static_cast<T>(*x % *by);
    const bool is_below = function == Whole::kModulo && rest != 0 && (rest ^ *by) < 0;
    *y = function == Whole::kDiv ? quotient : static_cast<T>(rest + (is_below ? *by : T{0}));
  }
}

// Whether all of kTogether numbers fit 32 bits.
template <typename T>
bool narrow(const T* x, std::int32_t* low) {
  T outside = 0;
  HWY_UNROLL(1)
  for (std::size_t i = 0; i < kTogether; ++i) {
    low[i] = static_cast<std::int32_t>(x[i]);
    outside |= x[i] ^ low[i];
  }
  return outside == 0;
}

// Together where one divisor has 32 bits. -1 has no quotient of the least number.
template <typename T>
HWY_NOINLINE void divide_all(Whole function, DivideTogether together, const T* x,
                             std::size_t x_step, const T* by, std::size_t by_step, T* y,
                             std::size_t count) {
  const auto divisor = static_cast<std::int32_t>(*by);
  if (x_step == 1 && by_step == 0 && divisor == *by && divisor != -1) {
    const double reciprocal = std::nextafter(1.0 / divisor, divisor < 0 ? -2.0 : 2.0);
    for (; count >= kTogether; count -= kTogether, x += kTogether, y += kTogether) {
      alignas(64) std::int32_t low[kTogether];
      if (narrow(x, low)) {
        together(low, divisor, reciprocal, y);
      } else {
        divide_each(function, x, 1, by, 0, y, kTogether);
      }
    }
  }
  divide_each(function, x, x_step, by, by_step, y, count);
}

}  // namespace
#endif
}  // namespace slipway

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

template <Whole kFunction, typename T>
void divide_together(const std::int32_t* x, std::int32_t divisor, double reciprocal, void* y) {
  auto* const to = static_cast<T*>(y);
  SLIPWAY_EACH_BY_ITSELF
  for (std::size_t i = 0; i < kTogether; ++i) {
    const auto quotient = static_cast<std::int32_t>(x[i] * reciprocal);
    if constexpr (kFunction == Whole::kDiv) {
      to[i] = quotient;
    } else {
      const auto product =
          static_cast<std::uint32_t>(quotient) * static_cast<std::uint32_t>(divisor);
      const auto rest = static_cast<std::int32_t>(static_cast<std::uint32_t>(x[i]) - product);
      const bool is_below = kFunction == Whole::kModulo && (rest != 0) & ((rest ^ divisor) < 0);
      to[i] = rest + (is_below ? divisor : 0);
    }
  }
}

template <Whole kFunction, typename T>
void divide(const void* a, std::size_t a_step, const void* b, std::size_t b_step, void* y,
            std::size_t count) {
  divide_all(kFunction, divide_together<kFunction, T>, static_cast<const T*>(a), a_step,
             static_cast<const T*>(b), b_step, static_cast<T*>(y), count);
}

#define SLIPWAY_ROW(f) \
  { divide<f, std::int32_t>, divide<f, std::int64_t> }
constexpr WholeDivideTable kTable = {
    {SLIPWAY_ROW(Whole::kDiv), SLIPWAY_ROW(Whole::kRemainder), SLIPWAY_ROW(Whole::kModulo)}};
#undef SLIPWAY_ROW

}  // namespace
const WholeDivideTable& whole_divide_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
namespace {

SLIPWAY_KERNELS(WholeDivideTable, tables, whole_divide_table)

}  // namespace

WholeElements whole_division(Isa isa, Whole function, Element type) {
  if (type != Element::kI32 && type != Element::kI64) return nullptr;
  const auto row = static_cast<std::size_t>(function) - static_cast<std::size_t>(Whole::kDiv);
  return tables(isa).of[row][type == Element::kI64 ? 1 : 0];
}

}  // namespace slipway
#endif
