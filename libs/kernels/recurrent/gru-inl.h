// The GRU layer, for the products included before it.
#if defined(SLIPWAY_GRU_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_GRU_INL_H
#undef SLIPWAY_GRU_INL_H
#else
#define SLIPWAY_GRU_INL_H
#endif

#include "kernels/recurrent/beside-inl.h"
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

// Those of z to gates[0 .. kGroups), of r after them.
template <std::size_t kGroups, std::size_t kStride>
HWY_INLINE void gate_arguments(const Walk& walk, const State& state, std::size_t group,
                               const float* sums, F32x16 (&gates)[2 * kGroups]) {
  HWY_UNROLL(2)
  for (std::size_t j = 0; j < 2; ++j) {
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kGroups; ++i) {
      const float* const dot = sums + (i * kStride + j) * kWide;
      gates[j * kGroups + i] = argument(walk, gate_sum(walk, state, group + i, j, dot));
    }
  }
}

HWY_INLINE F32x16 load_state(const State& state, std::size_t group) {
  return state.h == nullptr ? zero() : load(state.h + group * kWide);
}

// h' = (1 - z) g + z h of kGroups groups; z and g begin `z` and `candidates`.
template <std::size_t kGroups>
HWY_INLINE void mix(const Walk& walk, const State& state, std::size_t group, const F32x16* z,
                    const F32x16* candidates) {
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < kGroups; ++i) {
    const F32x16 kept = mul(z[i], load_state(state, group + i));
    store_output(walk, state, group + i, add(mul(sub(set(1.0F), z[i]), candidates[i]), kept));
  }
}

// Linear before reset: the candidate's argument is (wx + r (dot + Rb)) + Wb. Gates: z, then r.
template <std::size_t kGroups>
struct LinearSteps : GatedSteps<LinearSteps<kGroups>, kGroups, 2, 2> {
  HWY_INLINE LinearSteps(const Walk& walk, const State& state, std::size_t group, const float* sums)
      : LinearSteps::GatedSteps(walk, state, group, sums) {}

  HWY_INLINE void begin() {
    gate_arguments<kGroups, kGates>(this->walk_, this->state_, this->group_, this->sums_,
                                    this->gates_.x);
  }
  HWY_INLINE void middle() {
    const Walk& walk = this->walk_;
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kGroups; ++i) {
      const std::size_t group = this->group_ + i;
      const std::size_t at = (group * kGates + kCandidate) * kWide;
      const float* const sum = this->sums_ + (i * kGates + kCandidate) * kWide;
      const F32x16 inner =
          add(scaled_dot(this->state_, at, sum), load(walk.r_bias + group * kWide));
      const F32x16 reset = mul(this->gates_.x[kGroups + i], inner);
      this->tanh_.x[i] =
          argument(walk, add(add(load(this->state_.wx + at), reset), load(walk.bias + at)));
    }
  }
  HWY_INLINE void end() {
    mix<kGroups>(this->walk_, this->state_, this->group_, this->gates_.x, this->tanh_.x);
  }
};

void finish_linear(const Walk& walk, const State& state, std::size_t group, std::size_t count,
                   const float* sums) {
  abreast(count, [&]<std::size_t kGroups>(std::size_t i) HWY_ATTR {
    LinearSteps<kGroups> cells(walk, state, group + i, sums + i * kGates * kWide);
    run_cells(cells);
  });
}

// Otherwise z and r h first, which the candidate's products wait for.
void finish_reset(const Walk& walk, const State& state, std::size_t group, std::size_t count,
                  const float* sums) {
  abreast(count, [&]<std::size_t kGroups>(std::size_t first) HWY_ATTR {
    F32x16 gates[2 * kGroups];
    gate_arguments<kGroups, 2>(walk, state, group + first, sums + first * 2 * kWide, gates);
    activate_each<2 * kGroups>(gates);
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
    F32x16 z[kGroups];
    F32x16 candidates[kGroups];
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kGroups; ++i) {
      const float* const dot = sums + (first + i) * kWide;
      candidates[i] = argument(walk, gate_sum(walk, state, group + first + i, kCandidate, dot));
      z[i] = load(state.update + (group + first + i) * kWide);
    }
    activate_each<0>(candidates);
    mix<kGroups>(walk, state, group + first, z, candidates);
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
    const bool has_clip = form.clip > 0;
    return walk_layer(
        call, &section,
        has_clip ? step_linear : in_pairs_or<W, kGates, LinearSteps>(form, step_linear));
  }
  const Section sections[] = {section_of<W, 2, kGatesTogether>(form, finish_reset),
                              section_of<W, 1, kCandidatesTogether>(form, finish_candidate)};
  walk_layer(call, sections, step_reset);
}

void run(const RecurrentCall& call) {
  visit_r(call, [&]<typename W>() HWY_ATTR { run_as<W>(call); });
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_GRU_INL_H
