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
// that other work can be put between them. math-inl.h names what stands in q: first the polynomial,
// then of a sigmoid its slope, exp(-u) and the divisor, of tanh p and m.
template <std::size_t kSigmoids, std::size_t kCount>
class GateSteps {
  static constexpr std::size_t kLast = std::extent_v<decltype(constants::kExp32)> - 1;
  static constexpr std::size_t kStepsOfSome = 9 + kLast;
  static constexpr std::size_t kAtOnce = 8;  // while some divide, the next are computed

 public:
  static constexpr std::size_t kSteps = (kCount + kAtOnce - 1) / kAtOnce * kStepsOfSome;

  F32x16 x[kCount];  // the arguments, after the last step the results

  template <std::size_t kAnyStep>
  HWY_INLINE void run() {
    constexpr std::size_t kStep = kAnyStep % kStepsOfSome;
    constexpr std::size_t kBegin = kAnyStep / kStepsOfSome * kAtOnce;
    constexpr std::size_t kEnd = kBegin + kAtOnce < kCount ? kBegin + kAtOnce : kCount;
    const F32x16 one = set(1.0F);
    HWY_UNROLL(16)
    for (std::size_t i = kBegin; i < kEnd; ++i) {
      const bool is_sigmoid = i < kSigmoids;
      if constexpr (kStep == 0) {
        u_[i] = is_sigmoid ? lower(x[i], set(constants::kMostSigmoid32))
                           : lower(magnitude(x[i]), set(10.0F));
      } else if constexpr (kStep == 1) {
        power_[i] =
            fma(u_[i], set((is_sigmoid ? -1.0F : -2.0F) * constants::kLog2E32), set(kPowerShift));
      } else if constexpr (kStep == 2) {
        n_[i] = sub(power_[i], set(kPowerShift));
      } else if constexpr (kStep == 3) {
        u_[i] = fma(n_[i], set((is_sigmoid ? 1.0F : 0.5F) * constants::kLn2High32), u_[i]);
      } else if constexpr (kStep == 4) {
        u_[i] = fma(n_[i], set((is_sigmoid ? 1.0F : 0.5F) * constants::kLn2Low32), u_[i]);
        q_[i] = set(coefficient(is_sigmoid, kLast));
      } else if constexpr (kStep < 5 + kLast) {
        q_[i] = fma(q_[i], u_[i], set(coefficient(is_sigmoid, kLast - (kStep - 4))));
      } else if constexpr (kStep == 5 + kLast) {
        q_[i] = is_sigmoid ? fma(q_[i], u_[i], set(-1.0F)) : fma(mul(u_[i], u_[i]), q_[i], u_[i]);
        power_[i] = power_in(power_[i]);
      } else if constexpr (kStep == 6 + kLast) {
        if (is_sigmoid) {
          q_[i] = fma(q_[i], u_[i], one);
        } else {
          u_[i] = fma(power_[i], set(-0.5F), set(0.5F));
        }
      } else if constexpr (kStep == 7 + kLast) {
        q_[i] = fma(power_[i], q_[i], is_sigmoid ? one : u_[i]);
      } else {
        x[i] = is_sigmoid ? sigmoid_of_divisor(x[i], q_[i])
                          : with_sign(div(q_[i], sub(one, q_[i])), x[i]);
      }
    }
  }

 private:
  static constexpr float coefficient(bool is_sigmoid, std::size_t i) {
    return is_sigmoid ? constants::kFallingExp32[i] : constants::kTanh32[i];
  }

  F32x16 u_[kCount], power_[kCount], n_[kCount], q_[kCount];
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
