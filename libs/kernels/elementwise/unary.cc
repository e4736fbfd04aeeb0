#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/unary.cc"
#include "kernels/elementwise/unary.h"

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

HWY_INLINE F32x16 copy(F32x16 x) { return x; }
HWY_INLINE F32x16 relu(F32x16 x) {
  return select(either(greater(x, zero()), is_nan(x)), x, zero());
}
HWY_INLINE F32x16 silu(F32x16 x) { return mul(x, sigmoid(x)); }

template <F32x16 (*kFunction)(F32x16)>
void apply(const float* x, float* y, std::size_t count) {
  std::size_t i = 0;
  for (; i + kWide <= count; i += kWide) store(kFunction(load(x + i)), y + i);
  if (i < count) store_first(kFunction(load_first(x + i, count - i)), y + i, count - i);
}

constexpr UnaryKernels kTable = {{apply<copy>, apply<relu>, apply<sigmoid>, apply<tanh>, apply<exp>,
                                  apply<expm1>, apply<log>, apply<erf>, apply<gelu>,
                                  apply<gelu_tanh>, apply<silu>, apply<sqrt>, apply<magnitude>,
                                  apply<negative>}};

}  // namespace
const UnaryKernels& unary_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(UnaryKernels, unary_kernels, unary_table)
}  // namespace slipway
#endif
