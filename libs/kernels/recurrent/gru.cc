#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/recurrent/gru.cc"
#include "kernels/simd/dispatch.h"
// NOLINTBEGIN(llvm-include-order): written in the vectors of the target
#include "kernels/recurrent/recurrent-inl.h"
// NOLINTEND(llvm-include-order)

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

enum Gate : std::size_t { kUpdate = 0, kReset = 1, kCandidate = 2, kGates = 3 };

#if HWY_TARGET == HWY_SCALAR
constexpr std::size_t kLinearTogether = 1, kGatesTogether = 1, kCandidatesTogether = 1;
#elif HWY_TARGET <= HWY_AVX3
constexpr std::size_t kLinearTogether = 2, kGatesTogether = 4, kCandidatesTogether = 8;
#else
constexpr std::size_t kLinearTogether = 2, kGatesTogether = 2, kCandidatesTogether = 4;
#endif

HWY_INLINE F32x16 argument(const Pending& pending, F32x16 sum) {
  return pending.walk->form.clip > 0 ? clipped(sum, pending.walk->clip) : sum;
}

// z to gates[0 .. kGroups), r after them.
template <std::size_t kGroups, std::size_t kStride>
HWY_INLINE void open_gates(const Pending& pending, F32x16 (&gates)[2 * kGroups]) {
  HWY_UNROLL(2)
  for (std::size_t j = 0; j < 2; ++j) {
    HWY_UNROLL(8)
    for (std::size_t i = 0; i < kGroups; ++i) {
      gates[j * kGroups + i] =
          argument(pending, gate_sum(pending, pending.group + i, j, pending.sums[i * kStride + j]));
    }
  }
  activate_each<2 * kGroups>(gates);
}

// h' = (1 - z) g + z h of one group.
HWY_INLINE void store_mixed(const Pending& pending, std::size_t group, F32x16 z, F32x16 g) {
  const F32x16 kept = mul(z, load(pending.state.h + group * kWide));
  store_output(pending, group, add(mul(sub(set(1.0F), z), g), kept));
}

// Linear before reset: the candidate's argument is (wx + r (dot + Rb)) + Wb.
template <std::size_t kGroups>
void open_linear(Pending& pending) {
  const Walk& walk = *pending.walk;
  F32x16 gates[2 * kGroups];
  open_gates<kGroups, kGates>(pending, gates);
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < kGroups; ++i) {
    const std::size_t group = pending.group + i;
    const std::size_t at = (group * kGates + kCandidate) * kWide;
    const F32x16 dot = scaled_dot(walk, at, pending.sums[i * kGates + kCandidate]);
    const F32x16 inner = add(dot, load(walk.r_bias + group * kWide));
    const F32x16 sum = add(load(pending.state.wx + at), mul(gates[kGroups + i], inner));
    pending.held[i] = gates[i];
    pending.held[kGroups + i] = argument(pending, add(sum, load(walk.bias + at)));
  }
}
template <std::size_t kGroups>
void close_linear(Pending& pending) {
  F32x16 g[kGroups];
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < kGroups; ++i) g[i] = pending.held[kGroups + i];
  activate_each<0>(g);
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < kGroups; ++i) {
    store_mixed(pending, pending.group + i, pending.held[i], g[i]);
  }
}

// Otherwise z and r h first, which the candidate's products wait for.
template <std::size_t kGroups>
void open_reset(Pending& pending) {
  const State& state = pending.state;
  F32x16 gates[2 * kGroups];
  open_gates<kGroups, 2>(pending, gates);
  HWY_UNROLL(4)
  for (std::size_t i = 0; i < kGroups; ++i) {
    const std::size_t unit = (pending.group + i) * kWide;
    store(gates[i], state.update + unit);
    store(mul(gates[kGroups + i], load(state.h + unit)), state.reset + unit);
  }
}
template <std::size_t kGroups>
void open_candidate(Pending& pending) {
  F32x16 g[kGroups];
  HWY_UNROLL(8)
  for (std::size_t i = 0; i < kGroups; ++i) {
    g[i] = argument(pending, gate_sum(pending, pending.group + i, kCandidate, pending.sums[i]));
  }
  activate_each<0>(g);
  HWY_UNROLL(8)
  for (std::size_t i = 0; i < kGroups; ++i) {
    const std::size_t group = pending.group + i;
    store_mixed(pending, group, load(pending.state.update + group * kWide), g[i]);
  }
}

void step_linear(const Walk& walk, const Section* sections, const State& state, std::size_t step,
                 Pending& pending) {
  step_section(walk, *sections, walk.r, state.h, state, state.h_new, step, pending);
}

void step_reset(const Walk& walk, const Section* sections, const State& state, std::size_t step,
                Pending& pending) {
  const std::size_t first_bytes =
      walk.groups * walk.form.hidden * 2 * kWide * bytes_of(walk.form.type);
  step_section(walk, sections[0], walk.r, state.h, state, state.reset, step, pending);
  step_section(walk, sections[1], walk.r + first_bytes, state.reset, state, state.h_new, step,
               pending);
}

template <typename W>
void run_as(const RecurrentCall& call) {
  if (call.form.is_linear_before_reset) {
    Section section = products_of<W, kGates, kLinearTogether>(call.form);
    section.open = stages_of<kLinearTogether>(
        []<std::size_t kGroups>() -> Stage { return open_linear<kGroups>; });
    section.close = stages_of<kLinearTogether>(
        []<std::size_t kGroups>() -> Stage { return close_linear<kGroups>; });
    return walk_layer(call, &section, step_linear);
  }
  Section sections[] = {products_of<W, 2, kGatesTogether>(call.form),
                        products_of<W, 1, kCandidatesTogether>(call.form)};
  sections[0].open =
      stages_of<kGatesTogether>([]<std::size_t kGroups>() -> Stage { return open_reset<kGroups>; });
  sections[1].open = stages_of<kCandidatesTogether>(
      []<std::size_t kGroups>() -> Stage { return open_candidate<kGroups>; });
  for (Section& section : sections) section.close.fill(no_stage);
  walk_layer(call, sections, step_reset);
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
const RecurrentKernels& gru_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(RecurrentKernels, gru_kernels, gru_table)
}  // namespace slipway
#endif
