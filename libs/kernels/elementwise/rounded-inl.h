// Functions of floats whose definition is the double one, rounded once (numeric/float_math.h).
// Vectors compute them in doubles to within 2^-41, less than the definition does but enough to tell
// the float that it rounds to, unless the result lies close to the middle of two: there, and where
// a formula does not reach, the definition itself decides. Include after dispatch.h.
#if defined(SLIPWAY_ROUNDED_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_ROUNDED_INL_H
#undef SLIPWAY_ROUNDED_INL_H
#else
#define SLIPWAY_ROUNDED_INL_H
#endif

#include <cstddef>
#include <cstdint>

#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET != HWY_SCALAR
using D64 = hn::ScalableTag<double>;
using DI64 = hn::RebindToSigned<D64>;
using F64 = hn::Vec<D64>;
using M64 = hn::Mask<D64>;

HWY_INLINE F64 set64(double x) { return hn::Set(D64(), x); }

HWY_INLINE hn::Vec<DI64> bits64(F64 x) { return hn::BitCast(DI64(), x); }

// The value of a formula where it holds, elsewhere one that leaves it to the definition: the middle
// between 1 and the next float.
HWY_INLINE F64 where_holds(M64 holds, F64 y) {
  return hn::IfThenElse(holds, y, set64(1.0 + 0x1p-24));
}

using Definition = float (*)(float);
constexpr std::size_t kAtOnce = hn::MaxLanes(D64());

HWY_NOINLINE void define(const float* x, float* y, Definition definition) {
  for (std::size_t i = 0; i < kAtOnce; ++i) y[i] = definition(x[i]);
}

// y[i] = definition(x[i]), whole vectors only.
template <F64 (*kNear)(F64)>
void near_row(const float* x, float* y, std::size_t count, Definition definition) {
  // What follows the digits of a float in a double; the middle of two floats; how close to it a
  // value may be and lie on the other side.
  constexpr std::int64_t kRest = (std::int64_t{1} << 29) - 1;
  constexpr std::int64_t kMiddle = std::int64_t{1} << 28;
  constexpr std::int64_t kClose = std::int64_t{1} << 13;
  const hn::Rebind<float, D64> floats;
  const DI64 integers;
  for (std::size_t i = 0; i < count; i += kAtOnce) {
    const F64 near = kNear(hn::PromoteTo(D64(), hn::LoadU(floats, x + i)));
    const auto beyond = hn::And(hn::Add(bits64(near), hn::Set(integers, kClose - kMiddle)),
                                hn::Set(integers, kRest));
    if (HWY_LIKELY(hn::AllTrue(integers, hn::Gt(beyond, hn::Set(integers, 2 * kClose))))) {
      hn::StoreU(hn::DemoteTo(floats, near), floats, y + i);
    } else {
      define(x + i, y + i, definition);
    }
  }
}

HWY_NOINLINE void near_row_and_rest(void (*row)(const float*, float*, std::size_t, Definition),
                                    Definition definition, const float* x, float* y,
                                    std::size_t count) {
  const std::size_t rest = count % kAtOnce;
  const std::size_t whole = count - rest;
  row(x, y, whole, definition);
  if (rest == 0) return;
  float last[kAtOnce];
  for (std::size_t i = 0; i < kAtOnce; ++i) last[i] = x[whole + (i < rest ? i : 0)];
  row(last, last, kAtOnce, definition);
  for (std::size_t i = 0; i < rest; ++i) y[whole + i] = last[i];
}

// y[i] = kDefinition(x[i]) for i < count. y may be x.
template <F64 (*kNear)(F64), Definition kDefinition>
void rounded(const float* x, float* y, std::size_t count, float /*alpha*/, float /*beta*/) {
  near_row_and_rest(near_row<kNear>, kDefinition, x, y, count);
}
#endif

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_ROUNDED_INL_H
