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
void open_plain(Pending& pending) {
  F32x16 gates[kGates * kGroups];  // all i, all o, all f, all candidates
  HWY_UNROLL(4)
  for (std::size_t j = 0; j < kGates; ++j) {
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kGroups; ++i) {
      gates[j * kGroups + i] =
          gate_sum(pending, pending.group + i, j, pending.sums[i * kGates + j]);
    }
  }
  activate_each<3 * kGroups>(gates);
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < kGroups; ++i) {
    float* const c = pending.state.c + (pending.group + i) * kWide;
    const F32x16 kept = mul(gates[kForget * kGroups + i], load(c));
    store(add(kept, mul(gates[kInput * kGroups + i], gates[kCandidate * kGroups + i])), c);
    pending.held[i] = gates[kOutput * kGroups + i];
  }
}

// h' = o tanh(c').
template <std::size_t kGroups>
void close(Pending& pending) {
  F32x16 c[kGroups];
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < kGroups; ++i)
    c[i] = load(pending.state.c + (pending.group + i) * kWide);
  activate_each<0>(c);
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < kGroups; ++i) {
    store_output(pending, pending.group + i, mul(pending.held[i], c[i]));
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

// The same with clip, peepholes and coupled gates, where there are any.
template <std::size_t kGroups>
HWY_NOINLINE void open_any(Pending& pending) {
  const Walk& walk = *pending.walk;
  for (std::size_t i = 0; i < kGroups; ++i) {
    const std::size_t group = pending.group + i;
    const auto argument = [&](Gate gate, F32x16 cell) HWY_ATTR {
      F32x16 sum = gate_sum(pending, group, gate, pending.sums[i * kGates + gate]);
      if (walk.peepholes != nullptr && gate != kCandidate) {
        sum = add(sum, mul(load(walk.peepholes + (gate * walk.groups + group) * kWide), cell));
      }
      return clipped(sum, walk.clip);
    };
    const F32x16 c = load(pending.state.c + group * kWide);
    const F32x16 in = sigmoid_of(argument(kInput, c));
    const F32x16 forget =
        walk.form.couples_input_forget ? sub(set(1.0F), in) : sigmoid_of(argument(kForget, c));
    const F32x16 c_new = add(mul(forget, c), mul(in, tanh_of(argument(kCandidate, c))));
    store(c_new, pending.state.c + group * kWide);
    pending.held[i] = sigmoid_of(argument(kOutput, c_new));
  }
}

template <typename W>
Section section_of(const RecurrentForm& form) {
  const bool is_plain = !(form.clip > 0) && !form.has_peepholes && !form.couples_input_forget;
  Section section = products_of<W, kGates, kTogether>(form);
  section.open = stages_of<kTogether>([is_plain]<std::size_t kGroups>() -> Stage {
    return is_plain ? open_plain<kGroups> : open_any<kGroups>;
  });
  section.close =
      stages_of<kTogether>([]<std::size_t kGroups>() -> Stage { return close<kGroups>; });
  return section;
}

void step(const Walk& walk, const Section* sections, const State& state, std::size_t step,
          Pending& pending) {
  step_section(walk, *sections, walk.r, state.h, state, state.h_new, step, pending);
}

template <typename W>
void run_as(const RecurrentCall& call) {
  const Section section = section_of<W>(call.form);
  walk_layer(call, &section, step);
}

void run(const RecurrentCall& call) {
  switch (call.form.type) {
    case WeightType::kF32:
      return run_as<float>(call);
    case WeightType::kF16:
      return run_as<Half>(call);
    case WeightType::kBf16:
      return run_as<Bfloat16>(call);
    case WeightType::kI8:
      return run_as<std::int8_t>(call);
  }
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
