#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/binary.cc"
#include "kernels/elementwise/binary.h"

#include <cstdint>
#include <limits>

#include "kernels/elementwise/select.h"
#include "kernels/numeric/float_math.h"
#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// NOLINTNEXTLINE(llvm-include-order): after the vectors it is written in
#include "kernels/elementwise/rounded_pow-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

HWY_INLINE F32x16 prelu(F32x16 a, F32x16 b) { return select(greater(zero(), a), mul(a, b), a); }

template <F32x16 (*kFunction)(F32x16, F32x16)>
struct Wide {
  static void both(const float* a, const float* b, float* y, std::size_t count) {
    std::size_t i = 0;
    for (; i + kWide <= count; i += kWide) store(kFunction(load(a + i), load(b + i)), y + i);
    if (i == count) return;
    const std::size_t rest = count - i;
    store_first(kFunction(load_first(a + i, rest), load_first(b + i, rest)), y + i, rest);
  }
  static void right_scalar(const float* a, float b, float* y, std::size_t count) {
    const F32x16 right = set(b);
    std::size_t i = 0;
    for (; i + kWide <= count; i += kWide) store(kFunction(load(a + i), right), y + i);
    if (i < count) store_first(kFunction(load_first(a + i, count - i), right), y + i, count - i);
  }
  static void left_scalar(float a, const float* b, float* y, std::size_t count) {
    const F32x16 left = set(a);
    std::size_t i = 0;
    for (; i + kWide <= count; i += kWide) store(kFunction(left, load(b + i)), y + i);
    if (i < count) store_first(kFunction(left, load_first(b + i, count - i)), y + i, count - i);
  }
  static constexpr BinaryKernel kKernel = {both, right_scalar, left_scalar};
};

// pow(x, 1/2): sqrt but for the two arguments where it takes no sign.
HWY_INLINE F32x16 half_power(F32x16 x, F32x16 /*exponent*/) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const F32x16 y = select(equal(x, zero()), zero(), sqrt(x));
  return select(equal(x, set(-kInf)), set(kInf), y);
}
HWY_INLINE F32x16 square(F32x16 x, F32x16 /*exponent*/) { return mul(x, x); }
HWY_INLINE F32x16 inverse(F32x16 x, F32x16 /*exponent*/) { return div(set(1.0F), x); }

float cube(float x) { return numeric::pow(x, 3.0F); }
#if HWY_TARGET == HWY_SCALAR
void cubes(const float* x, float* y, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) y[i] = cube(x[i]);
}
#else
// pow(x, 3) but where floats are subnormal.
HWY_INLINE F64 near_cube(F64 x) {
  const F64 y = hn::Mul(hn::Mul(x, x), x);
  return where_holds(hn::Or(hn::Ge(hn::Abs(y), set64(0x1p-120)), hn::Eq(x, hn::Zero(D64()))), y);
}
void cubes(const float* x, float* y, std::size_t count) {
  rounded<near_cube, cube>(x, y, count, 0, 0);
}
#endif

struct Pow {
  static void both(const float* a, const float* b, float* y, std::size_t count) {
    powers(a, 1, b, 1, y, count);
  }
  static void right_scalar(const float* a, float b, float* y, std::size_t count) {
    if (b == 2.0F) return Wide<square>::right_scalar(a, b, y, count);
    if (b == 3.0F) return cubes(a, y, count);
    if (b == 0.5F) return Wide<half_power>::right_scalar(a, b, y, count);
    if (b == -1.0F) return Wide<inverse>::right_scalar(a, b, y, count);
    powers(a, 1, &b, 0, y, count);
  }
  static void left_scalar(float a, const float* b, float* y, std::size_t count) {
    powers(&a, 0, b, 1, y, count);
  }
};

void where(const std::uint8_t* condition, std::size_t condition_step, const void* a,
           std::size_t a_step, const void* b, std::size_t b_step, void* y, std::size_t count) {
  const auto* const __restrict yes = static_cast<const std::uint32_t*>(a);
  const auto* const __restrict no = static_cast<const std::uint32_t*>(b);
  auto* const __restrict to = static_cast<std::uint32_t*>(y);
  if ((condition_step & a_step & b_step) != 0) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t mask = condition[i] != 0 ? ~0U : 0U;
      to[i] = (yes[i] & mask) | (no[i] & ~mask);
    }
  } else if (count < kFewChoices) {
    for (std::size_t i = 0; i < count; ++i)
      to[i] = condition[i * condition_step] != 0 ? yes[i * a_step] : no[i * b_step];
  } else {
    choose_by_pieces(where, sizeof(float), condition, condition_step, a, a_step, b, b_step, y,
                     count);
  }
}

constexpr BinaryKernels kTable = {
    {Wide<add>::kKernel, Wide<sub>::kKernel, Wide<mul>::kKernel, Wide<div>::kKernel,
     Wide<greater_of>::kKernel, Wide<less_of>::kKernel, Wide<prelu>::kKernel,
     BinaryKernel{Pow::both, Pow::right_scalar, Pow::left_scalar}},
    where};

}  // namespace
const BinaryKernels& binary_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(BinaryKernels, binary_kernels, binary_table)
}  // namespace slipway
#endif
