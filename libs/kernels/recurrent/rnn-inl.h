// The RNN layer, for the products included before it.
#if defined(SLIPWAY_RNN_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_RNN_INL_H
#undef SLIPWAY_RNN_INL_H
#else
#define SLIPWAY_RNN_INL_H
#endif

#include "kernels/recurrent/recurrent-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR
constexpr std::size_t kTogether = 2;
#else
constexpr std::size_t kTogether = HWY_TARGET <= HWY_AVX3 ? 8 : 4;
#endif

// h' = tanh or Relu of the sum.
void finish(const Walk& walk, const State& state, std::size_t group, std::size_t count,
            const float* sums) {
  const RecurrentForm& form = walk.form;
  abreast(count, [&]<std::size_t kGroups>(std::size_t first) HWY_ATTR {
    F32x16 h[kGroups];
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kGroups; ++i) {
      h[i] = gate_sum(walk, state, group + first + i, 0, sums + (first + i) * kWide);
      if (form.clip > 0) h[i] = clipped(h[i], form.clip);
      if (form.is_relu) h[i] = select(either(greater(h[i], zero()), is_nan(h[i])), h[i], zero());
    }
    if (!form.is_relu) activate_each<0>(h);
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kGroups; ++i) store_output(walk, state, group + first + i, h[i]);
  });
}

void step(const Walk& walk, const Section* sections, State& state, std::size_t step,
          Pending& /*pending*/) {
  step_section(walk, *sections, walk.r, state.h, state.fixed, state, step);
}

template <typename W>
void run_as(const RecurrentCall& call) {
  const Section section = section_of<W, 1, kTogether>(call.form, finish);
  walk_layer(call, &section, step);
}

void run(const RecurrentCall& call) {
  visit_r(call, [&]<typename W>() HWY_ATTR { run_as<W>(call); });
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_RNN_INL_H
