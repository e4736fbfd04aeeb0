// The LSTM layer, for the products included before it.
#if defined(SLIPWAY_LSTM_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_LSTM_INL_H
#undef SLIPWAY_LSTM_INL_H
#else
#define SLIPWAY_LSTM_INL_H
#endif

#include "kernels/recurrent/beside-inl.h"
#include "kernels/recurrent/recurrent-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

enum Gate : std::size_t { kInput = 0, kOutput = 1, kForget = 2, kCandidate = 3, kGates = 4 };
constexpr std::size_t kTogether = kMostSums >= 8 ? 2 : 1;

// c' = f c + i g, h' = o tanh(c'). Gates: all i, all o, all f, all candidates.
template <std::size_t kGroups>
struct CellSteps : GatedSteps<CellSteps<kGroups>, kGroups, 3, kGates> {
  HWY_INLINE CellSteps(const Walk& walk, const State& state, std::size_t group, const float* sums)
      : CellSteps::GatedSteps(walk, state, group, sums) {}

  // (wx + dot) + bias
  HWY_INLINE void begin() {
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kGroups; ++i) {
      HWY_UNROLL(4)
      for (std::size_t j = 0; j < kGates; ++j) {
        this->gates_.x[j * kGroups + i] = gate_sum(this->walk_, this->state_, this->group_ + i, j,
                                                   this->sums_ + (i * kGates + j) * kWide);
      }
    }
  }
  HWY_INLINE void middle() {
    const F32x16* const gates = this->gates_.x;
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kGroups; ++i) {
      float* const c = this->state_.c + (this->group_ + i) * kWide;
      const F32x16 kept = mul(gates[kForget * kGroups + i], load(c));
      const F32x16 taken = mul(gates[kInput * kGroups + i], gates[kCandidate * kGroups + i]);
      this->tanh_.x[i] = add(kept, taken);
      store(this->tanh_.x[i], c);
    }
  }
  HWY_INLINE void end() {
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kGroups; ++i) {
      store_output(this->walk_, this->state_, this->group_ + i,
                   mul(this->gates_.x[kOutput * kGroups + i], this->tanh_.x[i]));
    }
  }
};

HWY_INLINE F32x16 sigmoid_of(F32x16 x) {
  F32x16 one[1] = {x};
  activate_each<1>(one);
  return one[0];
}
HWY_INLINE F32x16 tanh_of(F32x16 x) {
  F32x16 one[1] = {x};
  activate_each<0>(one);
  return one[0];
}

// The same of one group with clip, peepholes and coupled gates, where there are any.
HWY_NOINLINE void finish_one(const Walk& walk, const State& state, std::size_t group,
                             const float* sums) {
  const auto argument = [&](Gate gate, F32x16 cell) HWY_ATTR {
    F32x16 sum = gate_sum(walk, state, group, gate, sums + gate * kWide);
    if (walk.peepholes != nullptr && gate != kCandidate) {
      sum = add(sum, mul(load(walk.peepholes + (gate * walk.groups + group) * kWide), cell));
    }
    return clipped(sum, walk.clip);
  };
  const F32x16 c = load(state.c + group * kWide);
  const F32x16 in = sigmoid_of(argument(kInput, c));
  const F32x16 forget =
      walk.form.couples_input_forget ? sub(set(1.0F), in) : sigmoid_of(argument(kForget, c));
  const F32x16 c_new = add(mul(forget, c), mul(in, tanh_of(argument(kCandidate, c))));
  store(c_new, state.c + group * kWide);
  const F32x16 out = sigmoid_of(argument(kOutput, c_new));
  store_output(walk, state, group, mul(out, tanh_of(c_new)));
}

void finish_plain(const Walk& walk, const State& state, std::size_t group, std::size_t count,
                  const float* sums) {
  abreast(count, [&]<std::size_t kGroups>(std::size_t i) HWY_ATTR {
    CellSteps<kGroups> cells(walk, state, group + i, sums + i * kGates * kWide);
    run_cells(cells);
  });
}

void finish_any(const Walk& walk, const State& state, std::size_t group, std::size_t count,
                const float* sums) {
  for (std::size_t i = 0; i < count; ++i) {
    finish_one(walk, state, group + i, sums + i * kGates * kWide);
  }
}

void step(const Walk& walk, const Section* sections, State& state, std::size_t step,
          Pending& /*pending*/) {
  step_section(walk, *sections, walk.r, state.h, state.fixed, state, step);
}

template <typename W>
void run_as(const RecurrentCall& call) {
  const RecurrentForm& form = call.form;
  const bool is_plain = !(form.clip > 0) && !form.has_peepholes && !form.couples_input_forget;
  const Section section =
      section_of<W, kGates, kTogether>(form, is_plain ? finish_plain : finish_any);
  walk_layer(call, &section, is_plain ? in_pairs_or<W, kGates, CellSteps>(form, step) : step);
}

void run(const RecurrentCall& call) {
  visit_r(call, [&]<typename W>() HWY_ATTR { run_as<W>(call); });
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_LSTM_INL_H
