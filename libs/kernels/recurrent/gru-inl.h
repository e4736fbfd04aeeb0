// The GRU layer, for the products included before it.
#if defined(SLIPWAY_GRU_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_GRU_INL_H
#undef SLIPWAY_GRU_INL_H
#else
#define SLIPWAY_GRU_INL_H
#endif

#include "kernels/recurrent/recurrent-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

enum Gate : std::size_t { kUpdate = 0, kReset = 1, kCandidate = 2, kGates = 3 };

#if HWY_TARGET == HWY_SCALAR
constexpr std::size_t kLinearTogether = 2, kGatesTogether = 1, kCandidatesTogether = 2;
#elif HWY_TARGET <= HWY_AVX3
constexpr std::size_t kLinearTogether = 2, kGatesTogether = 4, kCandidatesTogether = 8;
#else
constexpr std::size_t kLinearTogether = 2, kGatesTogether = 2, kCandidatesTogether = 4;
#endif

HWY_INLINE F32x16 argument(const Walk& walk, F32x16 sum) {
  return walk.form.clip > 0 ? clipped(sum, walk.clip) : sum;
}

// z to gates[0 .. kGroups), r after them.
template <std::size_t kGroups, std::size_t kStride>
HWY_INLINE void open_gates(const Walk& walk, const State& state, std::size_t group,
                           const float* sums, F32x16 (&gates)[2 * kGroups]) {
  HWY_UNROLL(2)
  for (std::size_t j = 0; j < 2; ++j) {
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kGroups; ++i) {
      const float* const dot = sums + (i * kStride + j) * kWide;
      gates[j * kGroups + i] = argument(walk, gate_sum(walk, state, group + i, j, dot));
    }
  }
  activate_each<2 * kGroups>(gates);
}

HWY_INLINE F32x16 load_state(const State& state, std::size_t group) {
  return state.h == nullptr ? zero() : load(state.h + group * kWide);
}

// h' = (1 - z) g + z h of kGroups groups, g = tanh(arguments).
template <std::size_t kGroups>
HWY_INLINE void store_mixed(const Walk& walk, const State& state, std::size_t group,
                            F32x16 (&arguments)[kGroups]) {
  activate_each<0>(arguments);
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < kGroups; ++i) {
    const F32x16 z = load(state.update + (group + i) * kWide);
    const F32x16 kept = mul(z, load_state(state, group + i));
    store_output(walk, state, group + i, add(mul(sub(set(1.0F), z), arguments[i]), kept));
  }
}

// Linear before reset: the candidate's argument is (wx + r (dot + Rb)) + Wb.
template <std::size_t kGroups>
HWY_INLINE void finish_linear_groups(const Walk& walk, const State& state, std::size_t group,
                                     const float* sums) {
  F32x16 gates[2 * kGroups];
  F32x16 arguments[kGroups];
  open_gates<kGroups, kGates>(walk, state, group, sums, gates);
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < kGroups; ++i) {
    const std::size_t at = ((group + i) * kGates + kCandidate) * kWide;
    const F32x16 dot = scaled_dot(state, at, sums + (i * kGates + kCandidate) * kWide);
    const F32x16 inner = add(dot, load(walk.r_bias + (group + i) * kWide));
    const F32x16 sum = add(load(state.wx + at), mul(gates[kGroups + i], inner));
    arguments[i] = argument(walk, add(sum, load(walk.bias + at)));
    store(gates[i], state.update + (group + i) * kWide);
  }
  store_mixed(walk, state, group, arguments);
}
void finish_linear(const Walk& walk, const State& state, std::size_t group, std::size_t count,
                   const float* sums) {
  abreast(count, [&]<std::size_t kGroups>(std::size_t i) HWY_ATTR {
    finish_linear_groups<kGroups>(walk, state, group + i, sums + i * kGates * kWide);
  });
}

// Otherwise z and r h first, which the candidate's products wait for.
void finish_reset(const Walk& walk, const State& state, std::size_t group, std::size_t count,
                  const float* sums) {
  abreast(count, [&]<std::size_t kGroups>(std::size_t first) HWY_ATTR {
    F32x16 gates[2 * kGroups];
    open_gates<kGroups, 2>(walk, state, group + first, sums + first * 2 * kWide, gates);
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kGroups; ++i) {
      const std::size_t at = group + first + i;
      store(gates[i], state.update + at * kWide);
      const F32x16 reset = mul(gates[kGroups + i], load_state(state, at));
      store(reset, state.reset + at * kWide);
      put(*state.fixed_reset, at * kWide, reset);
    }
  });
}
void finish_candidate(const Walk& walk, const State& state, std::size_t group, std::size_t count,
                      const float* sums) {
  abreast(count, [&]<std::size_t kGroups>(std::size_t first) HWY_ATTR {
    F32x16 arguments[kGroups];
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kGroups; ++i) {
      const float* const dot = sums + (first + i) * kWide;
      arguments[i] = argument(walk, gate_sum(walk, state, group + first + i, kCandidate, dot));
    }
    store_mixed(walk, state, group + first, arguments);
  });
}

void step_linear(const Walk& walk, const Section* sections, State& state, std::size_t step,
                 Pending& /*pending*/) {
  step_section(walk, *sections, walk.r, state.h, state.fixed, state, step);
}

void step_reset(const Walk& walk, const Section* sections, State& state, std::size_t step,
                Pending& /*pending*/) {
  const char* const second = walk.r + second_section(walk.form) * bytes_of(walk.form.r_type());
  start(*state.fixed_reset);
  step_section(walk, sections[0], walk.r, state.h, state.fixed, state, step);
  step_section(walk, sections[1], second, state.h == nullptr ? nullptr : state.reset,
               state.fixed_reset, state, step);
}

template <typename W>
void run_as(const RecurrentCall& call) {
  const RecurrentForm& form = call.form;
  if (form.is_linear_before_reset) {
    const Section section = section_of<W, kGates, kLinearTogether>(form, finish_linear);
    return walk_layer(call, &section, step_linear);
  }
  const Section sections[] = {section_of<W, 2, kGatesTogether>(form, finish_reset),
                              section_of<W, 1, kCandidatesTogether>(form, finish_candidate)};
  walk_layer(call, sections, step_reset);
}

void run(const RecurrentCall& call) {
  visit_r(call.form.r_type(), [&]<typename W>() HWY_ATTR { run_as<W>(call); });
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_GRU_INL_H
