// Sigmoid and tanh of several vectors at once, one operation on all of them after the other, so
// that the latency of one hides behind the others. The same bits as math-inl.h. Include after
// dispatch.h.
#if defined(SLIPWAY_GATES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_GATES_INL_H
#undef SLIPWAY_GATES_INL_H
#else
#define SLIPWAY_GATES_INL_H
#endif

#include <type_traits>
#include <utility>

#include "kernels/numeric/float_math.h"
#include "kernels/simd/f32x16-inl.h"
#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR
template <std::size_t kSigmoids, std::size_t kCount>
class GateSteps {
 public:
  static constexpr std::size_t kSteps = 1;

  F32x16 x[kCount];

  template <std::size_t kStep>
  void run() {
    for (std::size_t i = 0; i < kCount; ++i) {
      for (float& lane : x[i].part) {
        lane = i < kSigmoids ? numeric::sigmoid(lane) : numeric::tanh(lane);
      }
    }
  }
};
#else

// The steps of sigmoid, of the first kSigmoids arguments, and tanh, of the rest, one at a time, so
// that other work can be put between them. Both begin with an exponential.
template <std::size_t kSigmoids, std::size_t kCount>
class GateSteps {
 public:
  static constexpr std::size_t kSteps = 9 + std::extent_v<decltype(constants::kExp32)> - 1;

  F32x16 x[kCount];  // the arguments, after the last step the results

  template <std::size_t kStep>
  HWY_INLINE void run() {
    constexpr std::size_t kLast = std::extent_v<decltype(constants::kExp32)> - 1;
    const F32x16 one = set(1.0F);
    const F32x16 shift = set(0x1.8p23F);
    HWY_UNROLL(16)
    for (std::size_t i = 0; i < kCount; ++i) {
      const bool is_sigmoid = i < kSigmoids;
      if constexpr (kStep == 0) {
        z_[i] = is_sigmoid ? from_bits(bit_or(bits(x[i]), set_i32(INT32_MIN)))
                           : mul(set(-2.0F), lower(magnitude(x[i]), set(10.0F)));
      } else if constexpr (kStep == 1) {
        shifted_[i] = fma(z_[i], set(constants::kLog2E32), shift);
      } else if constexpr (kStep == 2) {
        n_[i] = sub(shifted_[i], shift);
      } else if constexpr (kStep == 3) {
        z_[i] = fma(n_[i], set(-constants::kLn2High32), z_[i]);
      } else if constexpr (kStep == 4) {
        z_[i] = fma(n_[i], set(-constants::kLn2Low32), z_[i]);
        q_[i] = set(constants::kExp32[kLast]);
      } else if constexpr (kStep < 5 + kLast) {
        q_[i] = fma(q_[i], z_[i], set(constants::kExp32[kLast - (kStep - 4)]));
      } else if constexpr (kStep == 5 + kLast) {
        z_[i] = fma(mul(z_[i], z_[i]), q_[i], z_[i]);
      } else if constexpr (kStep == 6 + kLast) {
        if (is_sigmoid) {
          z_[i] = scaled_gate({z_[i], sub(bits(shifted_[i]), bits(shift)), n_[i]});
        } else {
          n_[i] = power_of_two(sub(bits(shifted_[i]), bits(shift)));
        }
      } else if constexpr (kStep == 7 + kLast) {
        q_[i] = is_sigmoid ? select(greater(zero(), x[i]), z_[i], one)
                           : fma(n_[i], z_[i], sub(n_[i], one));
      } else {
        x[i] = is_sigmoid ? div(q_[i], add(one, z_[i]))
                          : with_sign(div(q_[i], add(q_[i], set(2.0F))), x[i]);
      }
    }
  }

 private:
  F32x16 z_[kCount], shifted_[kCount], n_[kCount], q_[kCount];
};

#endif

// In place: sigmoid of the first kSigmoids, tanh of the rest.
template <std::size_t kSigmoids, std::size_t kCount>
HWY_INLINE void activate_each(F32x16 (&x)[kCount]) {
  using Steps = GateSteps<kSigmoids, kCount>;
  Steps steps;
  HWY_UNROLL(16)
  for (std::size_t i = 0; i < kCount; ++i) steps.x[i] = x[i];
  [&]<std::size_t... kStep>(std::index_sequence<kStep...> /*steps*/) HWY_ATTR {
    (steps.template run<kStep>(), ...);
  }
  (std::make_index_sequence<Steps::kSteps>());
  HWY_UNROLL(16)
  for (std::size_t i = 0; i < kCount; ++i) x[i] = steps.x[i];
}
}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_GATES_INL_H
