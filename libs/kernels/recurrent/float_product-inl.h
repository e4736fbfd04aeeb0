// Products of a recurrent layer with weights of floats, halves and bfloat16. Include after
// dispatch.h, before recurrent-inl.h.
#if defined(SLIPWAY_FLOAT_PRODUCT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_FLOAT_PRODUCT_INL_H
#undef SLIPWAY_FLOAT_PRODUCT_INL_H
#else
#define SLIPWAY_FLOAT_PRODUCT_INL_H
#endif

#include <type_traits>

#include "kernels/gemm/gemm.h"
#include "kernels/gemm/tile-inl.h"
#include "kernels/recurrent/packed.h"
#include "kernels/recurrent/recurrent.h"
#include "kernels/simd/f32x16-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
const GemmKernels& gemm_table();  // gemm/gemm.cc

namespace {

constexpr bool kIsBytes = false;

#if HWY_TARGET == HWY_SCALAR
constexpr std::size_t kMostSums = 1;  // that stay in registers
#elif HWY_TARGET <= HWY_AVX3
constexpr std::size_t kMostSums = 16;
#else
constexpr std::size_t kMostSums = 6;
#endif
constexpr std::size_t kAbreast = kMostSums >= 8 ? 2 : 1;  // groups in one chain of instructions
constexpr std::size_t kMostChains = 4;

// Keeps a value in registers: what is loaded once is not loaded again for each use.
HWY_INLINE void hold(I32x16& x) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR
  for (auto& part : x.part) asm("" : "+v"(part.raw));
#else
  (void)x;
#endif
}

// Sums of products with kCount vectors of R's rows.
template <typename W, std::size_t kCount>
class Sums {
 public:
  HWY_INLINE void clear() {
    HWY_UNROLL(16)
    for (F32x16& sum : sum_) sum = zero();
  }

  HWY_INLINE void add_row(float h, const W* row) {
    const F32x16 x = set(h);
    if constexpr (std::is_same_v<W, Bfloat16>) {
      HWY_UNROLL(8)
      for (std::size_t i = 0; i + 1 < kCount; i += 2) {
        I32x16 pair = bits(load(reinterpret_cast<const float*>(row + i * kWide)));
        hold(pair);
        sum_[i] = fma(x, from_bits(shift_left<16>(pair)), sum_[i]);
        sum_[i + 1] = fma(x, from_bits(bit_and(pair, set_i32(INT32_MIN >> 15))), sum_[i + 1]);
      }
      if constexpr (kCount % 2 == 1) {
        sum_[kCount - 1] = fma(x, load_weights(row + (kCount - 1) * kWide), sum_[kCount - 1]);
      }
    } else {
      HWY_UNROLL(16)
      for (std::size_t i = 0; i < kCount; ++i) {
        sum_[i] = fma(x, load_weights(row + i * kWide), sum_[i]);
      }
    }
  }

  HWY_INLINE void store_to(float* to) const {
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < kCount; ++i) store(sum_[i], to + i * kWide);
  }

 private:
  F32x16 sum_[kCount];
};

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
// Halves that are widened eight at a time, in vectors of half the width (simd/isa.h).
enum class HalfByEight : std::uint16_t {};

template <std::size_t kCount>
class Sums<HalfByEight, kCount> {
 public:
  HWY_INLINE void clear() {
    HWY_UNROLL(32)
    for (Eight& sum : sum_) sum = hn::Zero(D8());
  }

  HWY_INLINE void add_row(float h, const HalfByEight* row) {
    const hn::Rebind<hwy::float16_t, D8> narrow;
    const auto* const from = reinterpret_cast<const hwy::float16_t*>(row);
    const Eight x = hn::Set(D8(), h);
    HWY_UNROLL(32)
    for (std::size_t i = 0; i < 2 * kCount; ++i) {
      const Eight weights = hn::PromoteTo(D8(), hn::LoadU(narrow, from + i * 8));
      sum_[i] = hn::MulAdd(x, weights, sum_[i]);
    }
  }

  HWY_INLINE void store_to(float* to) const {
    HWY_UNROLL(32)
    for (std::size_t i = 0; i < 2 * kCount; ++i) hn::StoreU(sum_[i], D8(), to + i * 8);
  }

 private:
  using D8 = hn::Half<DF>;
  using Eight = hn::VFromD<D8>;
  Eight sum_[2 * kCount];
};
#endif

// One chain after the other: the sums of a few groups are enough to hide the latency of fma.
template <typename W, std::size_t kGroups, std::size_t kGates>
void multiply_groups(const void* vector, const void* r, std::size_t row_stride, std::size_t hidden,
                     std::size_t chains, float* sums) {
  constexpr std::size_t kFloats = kGroups * kGates * kWide;
  const auto* const h = static_cast<const float*>(vector);
  alignas(64) float chain[kMostChains - 1][kFloats];
  const auto sums_of = [&](std::size_t c) HWY_ATTR { return c == 0 ? sums : chain[c - 1]; };
  for (std::size_t c = 0; c < chains; ++c) {
    Sums<W, kGroups * kGates> acc;
    acc.clear();
    const W* row = static_cast<const W*>(r) + c * row_stride;
    for (std::size_t p = c; p < hidden; p += chains, row += chains * row_stride) {
      acc.add_row(h[p], row);
    }
    acc.store_to(sums_of(c));
  }
  for (std::size_t half = chains / 2; half != 0; half /= 2) {
    for (std::size_t c = 0; c < half; ++c) {
      float* const to = sums_of(c);
      const float* const from = sums_of(c + half);
      for (std::size_t i = 0; i < kFloats; i += kWide)
        store(add(load(to + i), load(from + i)), to + i);
    }
  }
}

// W x of all rows.
inline void multiply_inputs(const RecurrentCall& call, const char* packed, float* wx,
                            float* gemm_scratch) {
  const RecurrentForm& form = call.form;
  const PackedB w = {packed + packed_recurrent(form).w,
                     form.w_type(),
                     nullptr,
                     form.columns(),
                     form.inputs,
                     w_chains(form)};
  const std::size_t rows = call.steps * call.batch;
  gemm_table().gemm({rows, call.x, form.inputs, w, wx, form.columns(), {}, gemm_scratch},
                    whole(rows, form.columns()));
}

// A vector is multiplied as it is: there are no fixed-point numbers of it.
struct Fixed {};
using FixedVectors = Fixed[kFixedVectors];
HWY_INLINE void start(Fixed& /*fixed*/) {}
HWY_INLINE void forget(Fixed& /*fixed*/) {}
HWY_INLINE void put(Fixed& /*fixed*/, std::size_t /*unit*/, F32x16 /*x*/) {}
HWY_INLINE const void* factors_of(const RecurrentForm& /*form*/, const float* /*r_scale*/,
                                  const float* vector, Fixed& /*fixed*/, const float*& /*scale*/) {
  return vector;
}
HWY_INLINE void lay_out(const RecurrentForm& /*form*/, const float* /*r_scale*/,
                        std::size_t /*rows*/, float* /*space*/, FixedVectors& /*fixed*/) {}

// body.operator()<W>() with the C++ type of R as it is read.
template <typename Body>
HWY_INLINE void visit_r(const RecurrentCall& call, Body body) {
  [[maybe_unused]] const WeightType type = call.form.r_type();
  if constexpr (kHasNarrowWeights) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
    if (type == WeightType::kF16 && call.widens_by_eight)
      return body.template operator()<HalfByEight>();
#endif
    if (type == WeightType::kF16) return body.template operator()<Half>();
    if (type == WeightType::kBf16) return body.template operator()<Bfloat16>();
  }
  return body.template operator()<float>();
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_FLOAT_PRODUCT_INL_H
