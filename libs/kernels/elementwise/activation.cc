#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/activation.cc"
#include "kernels/elementwise/activation.h"

#include <algorithm>
#include <iterator>

#include "kernels/only.h"
#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"
// NOLINTNEXTLINE(llvm-include-order): after the vectors it is written in
#include "kernels/simd/activation-inl.h"
#include "kernels/simd/gates-inl.h"
#include "kernels/simd/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR
// Written for vectors it would be sixteen times the code, and no faster.
void activate_row(float* y, std::size_t count, ActivationSpec spec) {
  for (std::size_t i = 0; i < count; ++i) y[i] = slipway::activate(y[i], spec);
}
#else
namespace {

HWY_INLINE F32x16 unit_clip(F32x16 x) { return lower(raise(x, zero()), set(1.0F)); }

template <Activation kKind>
HWY_INLINE F32x16 activate(F32x16 x, F32x16 a, F32x16 b) {
  if constexpr (kKind == Activation::kLeakyRelu) return select(greater(zero(), x), mul(a, x), x);
  if constexpr (kKind == Activation::kElu) {
    return select(greater(zero(), x), mul(a, expm1(x)), x);
  }
  if constexpr (kKind == Activation::kSigmoid) return sigmoid(x);
  if constexpr (kKind == Activation::kHardSigmoid) return unit_clip(add(mul(a, x), b));
  if constexpr (kKind == Activation::kHardSwish) {
    return mul(x, unit_clip(add(mul(x, set(static_cast<float>(1.0 / 6.0))), set(0.5F))));
  }
  if constexpr (kKind == Activation::kTanh) return tanh(x);
  if constexpr (kKind == Activation::kSilu) return mul(x, sigmoid(x));
  if constexpr (kKind == Activation::kGelu) return gelu(x);
  if constexpr (kKind == Activation::kGeluTanh) return gelu_tanh(x);
  if constexpr (kKind == Activation::kErfOfProduct) {
    return mul(mul(x, add(set(1.0F), erf(mul(x, a)))), b);
  }
  if constexpr (kKind == Activation::kErfOfQuotient) {
    return mul(mul(x, add(set(1.0F), erf(div(x, a)))), b);
  }
  if constexpr (kKind == Activation::kHalfErfOfProduct) {
    return mul(mul(x, b), add(set(1.0F), erf(mul(x, a))));
  }
  if constexpr (kKind == Activation::kHalfErfOfQuotient) {
    return mul(mul(x, b), add(set(1.0F), erf(div(x, a))));
  }
  return x;
}

template <Activation kKind>
HWY_NOINLINE void map_activation(float* y, std::size_t count, ActivationSpec spec) {
  const F32x16 a = set(spec.a);
  const F32x16 b = set(spec.b);
  map_row(y, y, count, [=](F32x16 x) SLIPWAY_LAMBDA { return activate<kKind>(x, a, b); });
}
template <Activation kKind>
HWY_INLINE void activate_row_as(float* y, std::size_t count, ActivationSpec spec) {
  if constexpr (is_here(kKind)) map_activation<kKind>(y, count, spec);
}

// sigmoid or, with kTimesX, x * sigmoid(x), of several vectors side by side, since one alone waits
// for its own results most of the time.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
inline constexpr std::size_t kSideBySide = 4;
template <bool kTimesX>
HWY_NOINLINE std::size_t sigmoids(float* y, std::size_t count) {
  constexpr std::size_t kAll = kSideBySide * kWide;
  std::size_t at = 0;
  for (; at + kAll <= count; at += kAll) {
    F32x16 x[kSideBySide];
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kSideBySide; ++i) x[i] = load(y + at + i * kWide);
    activate_each<kSideBySide>(x);
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kSideBySide; ++i) {
      float* const to = y + at + i * kWide;
      store(kTimesX ? mul(load(to), x[i]) : x[i], to);
    }
  }
  return at;
}
#else
inline constexpr std::size_t kSideBySide = 1;
template <bool kTimesX>
HWY_INLINE std::size_t sigmoids(float*, std::size_t) {
  return 0;
}
#endif

// The last few vectors are computed with others that nobody reads: that takes no longer than one.
template <Activation kKind>
HWY_INLINE void sigmoid_row(float* y, std::size_t count, [[maybe_unused]] ActivationSpec spec) {
  if constexpr (!is_here(kKind)) return;
  constexpr bool kTimesX = kKind == Activation::kSilu;
  const std::size_t done = sigmoids<kTimesX>(y, count);
  const std::size_t rest = count - done;
  float* const from = y + done;
  if constexpr (kSideBySide == 1) return activate_row_as<kKind>(from, rest, spec);
  if (rest == 0) return;
  float last[kSideBySide * kWide] = {};
  for (std::size_t i = 0; i < rest; i += kWide)
    store(load_first(from + i, std::min(kWide, rest - i)), last + i);
  sigmoids<kTimesX>(last, std::size(last));
  for (std::size_t i = 0; i < rest; i += kWide)
    store_first(load(last + i), from + i, std::min(kWide, rest - i));
}

}  // namespace

void activate_row(float* y, std::size_t count, ActivationSpec spec) {
  switch (spec.kind) {
    case Activation::kNone:
    case Activation::kCount:
      return;
    case Activation::kRelu:
    case Activation::kClip: {
      const Clamp c = clamp_of(spec);
      return map_row(y, y, count, [=](F32x16 x) SLIPWAY_LAMBDA { return clamp(x, c); });
    }
    case Activation::kLeakyRelu:
      return activate_row_as<Activation::kLeakyRelu>(y, count, spec);
    case Activation::kElu:
      return activate_row_as<Activation::kElu>(y, count, spec);
    case Activation::kSigmoid:
      return sigmoid_row<Activation::kSigmoid>(y, count, spec);
    case Activation::kHardSigmoid:
      return activate_row_as<Activation::kHardSigmoid>(y, count, spec);
    case Activation::kHardSwish:
      return activate_row_as<Activation::kHardSwish>(y, count, spec);
    case Activation::kTanh:
      return activate_row_as<Activation::kTanh>(y, count, spec);
    case Activation::kSilu:
      return sigmoid_row<Activation::kSilu>(y, count, spec);
    case Activation::kGelu:
      return activate_row_as<Activation::kGelu>(y, count, spec);
    case Activation::kGeluTanh:
      return activate_row_as<Activation::kGeluTanh>(y, count, spec);
    case Activation::kErfOfProduct:
      return activate_row_as<Activation::kErfOfProduct>(y, count, spec);
    case Activation::kErfOfQuotient:
      return activate_row_as<Activation::kErfOfQuotient>(y, count, spec);
    case Activation::kHalfErfOfProduct:
      return activate_row_as<Activation::kHalfErfOfProduct>(y, count, spec);
    case Activation::kHalfErfOfQuotient:
      return activate_row_as<Activation::kHalfErfOfQuotient>(y, count, spec);
  }
}
#endif

namespace {
constexpr ActivationKernels kTable = {activate_row};
}  // namespace
const ActivationKernels& activation_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(ActivationKernels, activation_kernels, activation_table)
}  // namespace slipway
#endif
