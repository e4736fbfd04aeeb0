#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/recurrent/lstm.cc"
#include "kernels/simd/dispatch.h"
// NOLINTBEGIN(llvm-include-order): written in the vectors of the target
#include "kernels/recurrent/recurrent-inl.h"
// NOLINTEND(llvm-include-order)

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

enum Gate : std::size_t { kInput = 0, kOutput = 1, kForget = 2, kCandidate = 3, kGates = 4 };
constexpr std::size_t kTogether = kMostSums >= 8 ? 2 : 1;

// c' = f c + i g of kGroups groups; o is held.
template <std::size_t kGroups>
HWY_INLINE void open_plain(const Walk& walk, const State& state, std::size_t group,
                           const float* sums, F32x16* held) {
  F32x16 gates[kGates * kGroups];  // all i, all o, all f, all candidates
  HWY_UNROLL(4)
  for (std::size_t j = 0; j < kGates; ++j) {
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kGroups; ++i) {
      gates[j * kGroups + i] = gate_sum(walk, state, group + i, j, sums + (i * kGates + j) * kWide);
    }
  }
  activate_each<3 * kGroups>(gates);
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < kGroups; ++i) {
    float* const c = state.c + (group + i) * kWide;
    const F32x16 kept = mul(gates[kForget * kGroups + i], load(c));
    store(add(kept, mul(gates[kInput * kGroups + i], gates[kCandidate * kGroups + i])), c);
    held[i] = gates[kOutput * kGroups + i];
  }
}

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
HWY_NOINLINE void open_any(const Walk& walk, const State& state, std::size_t group,
                           const float* sums, F32x16* held) {
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
  *held = sigmoid_of(argument(kOutput, c_new));
}

// h' = o tanh(c').
template <std::size_t kGroups>
HWY_INLINE void close(const Walk& walk, const State& state, std::size_t group, const F32x16* held) {
  F32x16 c[kGroups];
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < kGroups; ++i) c[i] = load(state.c + (group + i) * kWide);
  activate_each<0>(c);
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < kGroups; ++i) {
    store_output(walk, state, group + i, mul(held[i], c[i]));
  }
}

template <bool kIsPlain>
void finish(const Walk& walk, const State& state, std::size_t group, std::size_t count,
            const float* sums) {
  F32x16 held[kFinished];
  if constexpr (kIsPlain) {
    abreast(count, [&]<std::size_t kGroups>(std::size_t i) HWY_ATTR {
      open_plain<kGroups>(walk, state, group + i, sums + i * kGates * kWide, held + i);
    });
  } else {
    for (std::size_t i = 0; i < count; ++i) {
      open_any(walk, state, group + i, sums + i * kGates * kWide, held + i);
    }
  }
  if (count == kFinished) return close<kFinished>(walk, state, group, held);
  for (std::size_t i = 0; i < count; ++i) close<1>(walk, state, group + i, held + i);
}

void step(const Walk& walk, const Section* sections, const State& state, std::size_t step) {
  step_section(walk, *sections, walk.r, state.h, state, step);
}

template <typename W>
void run_as(const RecurrentCall& call) {
  const RecurrentForm& form = call.form;
  const bool is_plain = !(form.clip > 0) && !form.has_peepholes && !form.couples_input_forget;
  const Section section =
      section_of<W, kGates, kTogether>(form, is_plain ? finish<true> : finish<false>);
  walk_layer(call, &section, step);
}

void run(const RecurrentCall& call) {
  visit_weights(call.form.type, [&]<typename W>() HWY_ATTR { run_as<W>(call); });
}

constexpr RecurrentKernels kTable = {run};

}  // namespace
const RecurrentKernels& lstm_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(RecurrentKernels, lstm_kernels, lstm_table)
}  // namespace slipway
#endif
