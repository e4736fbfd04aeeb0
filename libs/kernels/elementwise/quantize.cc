#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/quantize.cc"
#include "kernels/elementwise/quantize.h"

#include <limits>

#include "kernels/simd/dispatch.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR
template <typename T>
HWY_INLINE I32x16 load_integers(const T* from) {
  I32x16 y;
  for (std::size_t i = 0; i < kParts; ++i) y.part[i] = static_cast<std::int32_t>(from[i]);
  return y;
}
// What is stored fits T.
template <typename T>
HWY_INLINE void store_integers(I32x16 x, T* to) {
  for (std::size_t i = 0; i < kParts; ++i) to[i] = static_cast<T>(x.part[i]);
}
#else
template <typename T>
HWY_INLINE I32x16 load_integers(const T* from) {
  const hn::Rebind<T, DF> narrow;
  I32x16 y;
  for (std::size_t i = 0; i < kParts; ++i) {
    const auto x = hn::LoadU(narrow, from + i * kPartLanes);
    if constexpr (sizeof(T) == 4) {
      y.part[i] = x;
    } else {
      y.part[i] = hn::PromoteTo(DI(), x);
    }
  }
  return y;
}
template <typename T>
HWY_INLINE void store_integers(I32x16 x, T* to) {
  const hn::Rebind<T, DF> narrow;
  for (std::size_t i = 0; i < kParts; ++i) {
    hn::StoreU(hn::DemoteTo(narrow, x.part[i]), narrow, to + i * kPartLanes);
  }
}
#endif

template <typename T>
HWY_INLINE I32x16 load_first_integers(const T* from, std::size_t count) {
  if (HWY_LIKELY(count == kWide)) return load_integers(from);
  T lane[kWide] = {};
  for (std::size_t i = 0; i < count; ++i) lane[i] = from[i];
  return load_integers(lane);
}
template <typename T>
HWY_INLINE void store_first_integers(I32x16 x, T* to, std::size_t count) {
  if (HWY_LIKELY(count == kWide)) return store_integers(x, to);
  T lane[kWide];
  store_integers(x, lane);
  for (std::size_t i = 0; i < count; ++i) to[i] = lane[i];
}

// What a type holds, in steps from the zero point.
struct Target {
  F32x16 low, high;
  I32x16 zero_point;
};
template <typename T>
HWY_INLINE Target target_of(I32x16 zero_point) {
  const F32x16 shift = to_float(zero_point);
  return {sub(set(static_cast<float>(std::numeric_limits<T>::min())), shift),
          sub(set(static_cast<float>(std::numeric_limits<T>::max())), shift), zero_point};
}

// NaN becomes the lowest.
HWY_INLINE F32x16 saturated(F32x16 q, const Target& to) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
  // Of a NaN and a number these take the second.
  for (std::size_t i = 0; i < kParts; ++i)
    q.part[i] = hn::Min(hn::Max(q.part[i], to.low.part[i]), to.high.part[i]);
  return q;
#else
  q = select(greater(q, to.low), q, to.low);
  return select(greater(to.high, q), q, to.high);
#endif
}

inline constexpr float kMagic = 0x1.8p23F;  // whole numbers are the low bits beyond it

HWY_INLINE I32x16 whole_of(F32x16 shifted, const Target& to) {
  return add(sub(bits(shifted), bits(set(kMagic))), to.zero_point);
}

// saturate(round_half_even(x / scale) + zero_point). The bounds are whole numbers, so that
// saturating before rounding is the same.
HWY_INLINE I32x16 quantized(F32x16 x, F32x16 scale, const Target& to) {
  return whole_of(add(saturated(div(x, scale), to), set(kMagic)), to);
}

#if HWY_TARGET != HWY_SCALAR
// Whether the product with the reciprocal of a scale tells how the quotient is rounded. Below 256
// the two differ by less than 2^-14.
HWY_INLINE bool round_product(F32x16 product, const Target& to, I32x16& y) {
  const F32x16 q = saturated(product, to);
  const F32x16 shifted = add(q, set(kMagic));
  const F32x16 beyond = magnitude(sub(q, sub(shifted, set(kMagic))));
  const M16 is_far = greater(set(0.5F - 0x1p-13F), beyond);
  y = whole_of(shifted, to);
  bool all = true;
  for (std::size_t i = 0; i < kParts; ++i) all &= hn::AllTrue(DF(), is_far.part[i]);
  return all;
}
// Whether its reciprocal and products with that are normal numbers.
inline bool has_reciprocal(float scale) { return scale > 0x1p-100F && scale < 0x1p100F; }
#endif

template <typename T>
struct Quantize {
  static void one(const float* x, void* y, std::size_t count, float scale,
                  std::int32_t zero_point) {
    T* const to = static_cast<T*>(y);
    const F32x16 s = set(scale);
    const Target target = target_of<T>(set_i32(zero_point));
    std::size_t i = 0;
#if HWY_TARGET != HWY_SCALAR
    if (sizeof(T) == 1 && has_reciprocal(scale)) {
      const F32x16 reciprocal = set(1.0F / scale);
      for (; i + kWide <= count; i += kWide) {
        const F32x16 v = load(x + i);
        I32x16 q;
        if (HWY_UNLIKELY(!round_product(mul(v, reciprocal), target, q)))
          q = quantized(v, s, target);
        store_integers<T>(q, to + i);
      }
    }
#endif
    for (; i < count; i += kWide) {
      const std::size_t n = count - i < kWide ? count - i : kWide;
      store_first_integers<T>(quantized(load_first(x + i, n), s, target), to + i, n);
    }
  }
  static void each(const float* x, void* y, std::size_t count, const float* scale,
                   const void* zero_points) {
    T* const to = static_cast<T*>(y);
    const T* const zeros = static_cast<const T*>(zero_points);
    for (std::size_t i = 0; i < count; i += kWide) {
      const std::size_t n = count - i < kWide ? count - i : kWide;
      const I32x16 z = zeros == nullptr ? set_i32(0) : load_first_integers<T>(zeros + i, n);
      const I32x16 q = quantized(load_first(x + i, n), load_first(scale + i, n), target_of<T>(z));
      store_first_integers<T>(q, to + i, n);
    }
  }
  static constexpr QuantizeKernels::Quantize kKernel = {one, each};
};

template <typename T>
struct Dequantize {
  static void one(const void* x, float* y, std::size_t count, float scale,
                  std::int32_t zero_point) {
    const T* const from = static_cast<const T*>(x);
    const F32x16 s = set(scale);
    const I32x16 z = set_i32(zero_point);
    for (std::size_t i = 0; i < count; i += kWide) {
      const std::size_t n = count - i < kWide ? count - i : kWide;
      const I32x16 q = load_first_integers<T>(from + i, n);
      store_first(mul(to_float(sub(q, z)), s), y + i, n);
    }
  }
  static void each(const void* x, float* y, std::size_t count, const float* scale,
                   const void* zero_points) {
    const T* const from = static_cast<const T*>(x);
    const T* const zeros = static_cast<const T*>(zero_points);
    for (std::size_t i = 0; i < count; i += kWide) {
      const std::size_t n = count - i < kWide ? count - i : kWide;
      const I32x16 z = zeros == nullptr ? set_i32(0) : load_first_integers<T>(zeros + i, n);
      const I32x16 q = load_first_integers<T>(from + i, n);
      store_first(mul(to_float(sub(q, z)), load_first(scale + i, n)), y + i, n);
    }
  }
  static constexpr QuantizeKernels::Dequantize kKernel = {one, each};
};

constexpr QuantizeKernels kTable = {
    {Quantize<std::uint8_t>::kKernel, Quantize<std::int8_t>::kKernel,
     Quantize<std::uint16_t>::kKernel, Quantize<std::int16_t>::kKernel},
    {Dequantize<std::uint8_t>::kKernel, Dequantize<std::int8_t>::kKernel,
     Dequantize<std::uint16_t>::kKernel, Dequantize<std::int16_t>::kKernel,
     Dequantize<std::int32_t>::kKernel}};

}  // namespace
const QuantizeKernels& quantize_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(QuantizeKernels, quantize_kernels, quantize_table)

namespace {

constexpr std::size_t kBytes[] = {1, 1, 2, 2, 4};

std::int32_t zero_point_at(Quantized type, const void* zero_points, std::size_t i) {
  if (zero_points == nullptr) return 0;
  switch (type) {
    case Quantized::kU8:
      return static_cast<const std::uint8_t*>(zero_points)[i];
    case Quantized::kI8:
      return static_cast<const std::int8_t*>(zero_points)[i];
    case Quantized::kU16:
      return static_cast<const std::uint16_t*>(zero_points)[i];
    case Quantized::kI16:
      return static_cast<const std::int16_t*>(zero_points)[i];
    default:
      return static_cast<const std::int32_t*>(zero_points)[i];
  }
}

// Calls each(first element) for a run of `length` scales, or one(first element, scale) for a run of
// `inner` elements that share one.
template <typename Each, typename One>
void for_each_run(const ScaledAxis& axis, std::size_t begin, std::size_t end, Each each, One one) {
  for (std::size_t o = begin; o < end; ++o) {
    if (axis.inner == 1 && axis.length != 1) {
      each(o * axis.length);
      continue;
    }
    for (std::size_t k = 0; k < axis.length; ++k) one((o * axis.length + k) * axis.inner, k);
  }
}

}  // namespace

void quantize_linear(Isa isa, Quantized type, const ScaledAxis& axis, const float* x, void* y,
                     const float* scale, const void* zero_points, std::size_t begin,
                     std::size_t end) {
  const auto index = static_cast<std::size_t>(type);
  const QuantizeKernels::Quantize& kernel = quantize_kernels(isa).quantize[index];
  auto* const to = static_cast<std::byte*>(y);
  for_each_run(
      axis, begin, end,
      [&](std::size_t at) {
        kernel.each(x + at, to + at * kBytes[index], axis.length, scale, zero_points);
      },
      [&](std::size_t at, std::size_t k) {
        kernel.one(x + at, to + at * kBytes[index], axis.inner, scale[k],
                   zero_point_at(type, zero_points, k));
      });
}

void dequantize_linear(Isa isa, Quantized type, const ScaledAxis& axis, const void* x, float* y,
                       const float* scale, const void* zero_points, std::size_t begin,
                       std::size_t end) {
  const auto index = static_cast<std::size_t>(type);
  const QuantizeKernels::Dequantize& kernel = quantize_kernels(isa).dequantize[index];
  const auto* const from = static_cast<const std::byte*>(x);
  for_each_run(
      axis, begin, end,
      [&](std::size_t at) {
        kernel.each(from + at * kBytes[index], y + at, axis.length, scale, zero_points);
      },
      [&](std::size_t at, std::size_t k) {
        kernel.one(from + at * kBytes[index], y + at, axis.inner, scale[k],
                   zero_point_at(type, zero_points, k));
      });
}

}  // namespace slipway
#endif
