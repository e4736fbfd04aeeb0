#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/unary.cc"
#include "kernels/elementwise/unary.h"

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
#include "kernels/simd/lanes-inl.h"
#include "kernels/simd/math-inl.h"
// NOLINTNEXTLINE(llvm-include-order): after the vectors it is written in
#include "kernels/elementwise/rounded_functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

HWY_INLINE F32x16 copy(F32x16 x) { return x; }
HWY_INLINE F32x16 relu(F32x16 x) {
  return select(either(greater(x, zero()), is_nan(x)), x, zero());
}
HWY_INLINE F32x16 silu(F32x16 x) { return mul(x, sigmoid(x)); }
HWY_INLINE F32x16 reciprocal(F32x16 x) { return div(set(1.0F), x); }
HWY_INLINE F32x16 sign(F32x16 x) {
  const F32x16 y = select(greater(x, zero()), set(1.0F), select(equal(x, zero()), zero(), x));
  return select(greater(zero(), x), set(-1.0F), y);
}

// As numeric::round_half_even.
HWY_INLINE F32x16 round(F32x16 x) {
  const F32x16 a = magnitude(x);
  const F32x16 rounded = sub(add(a, set(0x1p23F)), set(0x1p23F));
  return select(greater(set(0x1p23F), a), with_sign(rounded, x), x);
}
HWY_INLINE F32x16 floor(F32x16 x) {
  const F32x16 y = round(x);
  return with_sign(select(greater(y, x), sub(y, set(1.0F)), y), x);
}
HWY_INLINE F32x16 ceil(F32x16 x) {
  const F32x16 y = round(x);
  return with_sign(select(greater(x, y), add(y, set(1.0F)), y), x);
}

HWY_INLINE F32x16 clip(F32x16 x, F32x16 low, F32x16 high) {
  const F32x16 y = select(greater(low, x), low, x);
  return select(greater(y, high), high, y);
}
HWY_INLINE F32x16 leaky_relu(F32x16 x, F32x16 alpha, F32x16 /*beta*/) {
  return select(greater(zero(), x), mul(alpha, x), x);
}
HWY_INLINE F32x16 hard_sigmoid(F32x16 x, F32x16 alpha, F32x16 beta) {
  return clip(add(mul(alpha, x), beta), zero(), set(1.0F));
}
HWY_INLINE F32x16 hard_swish(F32x16 x) {
  const F32x16 gate = add(mul(x, set(static_cast<float>(1.0 / 6.0))), set(0.5F));
  return mul(x, clip(gate, zero(), set(1.0F)));
}
HWY_INLINE F32x16 elu(F32x16 x, F32x16 alpha, F32x16 /*beta*/) {
  return select(greater(zero(), x), mul(alpha, expm1(x)), x);
}
HWY_INLINE F32x16 selu(F32x16 x, F32x16 alpha, F32x16 gamma) {
  return mul(gamma, select(greater(x, zero()), x, mul(alpha, expm1(x))));
}
HWY_INLINE F32x16 celu(F32x16 x, F32x16 alpha, F32x16 /*beta*/) {
  return select(greater(x, zero()), x, mul(alpha, expm1(div(x, alpha))));
}
HWY_INLINE F32x16 swish(F32x16 x, F32x16 alpha, F32x16 /*beta*/) {
  return mul(x, sigmoid(mul(alpha, x)));
}
HWY_INLINE F32x16 softsign(F32x16 x) { return div(x, add(set(1.0F), magnitude(x))); }
HWY_INLINE F32x16 thresholded_relu(F32x16 x, F32x16 alpha, F32x16 /*beta*/) {
  return select(either(greater(alpha, x), equal(alpha, x)), zero(), x);
}
HWY_INLINE F32x16 shrink(F32x16 x, F32x16 lambda, F32x16 bias) {
  const F32x16 inside = select(is_nan(x), x, zero());
  const F32x16 upper = select(greater(x, lambda), sub(x, bias), inside);
  return select(greater(negative(lambda), x), add(x, bias), upper);
}

template <F32x16 (*kFunction)(F32x16)>
void apply(const float* x, float* y, std::size_t count, float /*alpha*/, float /*beta*/) {
  map_row(x, y, count, [](F32x16 e) SLIPWAY_LAMBDA { return kFunction(e); });
}

template <F32x16 (*kFunction)(F32x16, F32x16, F32x16)>
void apply_with(const float* x, float* y, std::size_t count, float alpha, float beta) {
  const F32x16 a = set(alpha);
  const F32x16 b = set(beta);
  map_row(x, y, count, [=](F32x16 e) SLIPWAY_LAMBDA { return kFunction(e, a, b); });
}

// x tanh(softplus(x))
void mish(const float* x, float* y, std::size_t count, float /*alpha*/, float /*beta*/) {
  constexpr std::size_t kPart = 16 * kWide;
  float gate[kPart];
  for (std::size_t i = 0; i < count; i += kPart) {
    const std::size_t part = count - i < kPart ? count - i : kPart;
    SLIPWAY_ROUNDED(softplus)(x + i, gate, part, 0, 0);
    for (std::size_t k = 0; k < part; k += kWide) {
      const std::size_t lanes = part - k < kWide ? part - k : kWide;
      store_first(mul(load_first(x + i + k, lanes), tanh(load_first(gate + k, lanes))), y + i + k,
                  lanes);
    }
  }
}

constexpr UnaryKernels kTable = {{apply<copy>,
                                  apply<relu>,
                                  apply<sigmoid>,
                                  apply<tanh>,
                                  apply<exp>,
                                  apply<expm1>,
                                  apply<log>,
                                  apply<erf>,
                                  apply<gelu>,
                                  apply<gelu_tanh>,
                                  apply<silu>,
                                  apply<sqrt>,
                                  apply<magnitude>,
                                  apply<negative>,
                                  apply<reciprocal>,
                                  apply<floor>,
                                  apply<ceil>,
                                  apply<round>,
                                  apply<sign>,
                                  apply_with<clip>,
                                  apply_with<leaky_relu>,
                                  apply_with<hard_sigmoid>,
                                  apply<hard_swish>,
                                  apply_with<elu>,
                                  apply_with<selu>,
                                  apply_with<celu>,
                                  apply_with<swish>,
                                  apply<softsign>,
                                  apply_with<thresholded_relu>,
                                  apply_with<shrink>,
                                  SLIPWAY_ROUNDED(softplus),
                                  mish,
                                  SLIPWAY_ROUNDED(sin),
                                  SLIPWAY_ROUNDED(cos),
                                  SLIPWAY_ROUNDED(tan),
                                  SLIPWAY_ROUNDED(asin),
                                  SLIPWAY_ROUNDED(acos),
                                  SLIPWAY_ROUNDED(atan),
                                  SLIPWAY_ROUNDED(sinh),
                                  SLIPWAY_ROUNDED(cosh),
                                  SLIPWAY_ROUNDED(asinh),
                                  SLIPWAY_ROUNDED(acosh),
                                  SLIPWAY_ROUNDED(atanh),
                                  SLIPWAY_ROUNDED(log1p)}};

}  // namespace
const UnaryKernels& unary_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(UnaryKernels, unary_kernels, unary_table)
}  // namespace slipway
#endif
