#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/recurrent/rnn.cc"
#include "kernels/simd/dispatch.h"
// NOLINTBEGIN(llvm-include-order): written in the vectors of the target
#include "kernels/recurrent/recurrent-inl.h"
// NOLINTEND(llvm-include-order)

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR
constexpr std::size_t kTogether = 1;
#else
constexpr std::size_t kTogether = HWY_TARGET <= HWY_AVX3 ? 8 : 4;
#endif

// h' = tanh or Relu of the sum.
template <std::size_t kGroups>
void open(Pending& pending) {
  const RecurrentForm& form = pending.walk->form;
  F32x16 h[kGroups];
  HWY_UNROLL(8)
  for (std::size_t i = 0; i < kGroups; ++i) {
    h[i] = gate_sum(pending, pending.group + i, 0, pending.sums[i]);
    if (form.clip > 0) h[i] = clipped(h[i], form.clip);
  }
  if (form.is_relu) {
    HWY_UNROLL(8)
    for (std::size_t i = 0; i < kGroups; ++i) {
      h[i] = select(either(greater(h[i], zero()), is_nan(h[i])), h[i], zero());
    }
  } else {
    activate_each<0>(h);
  }
  HWY_UNROLL(8)
  for (std::size_t i = 0; i < kGroups; ++i) store_output(pending, pending.group + i, h[i]);
}

void step(const Walk& walk, const Section* sections, const State& state, std::size_t step,
          Pending& pending) {
  step_section(walk, *sections, walk.r, state.h, state, state.h_new, step, pending);
}

template <typename W>
void run_as(const RecurrentCall& call) {
  Section section = products_of<W, 1, kTogether>(call.form);
  section.open = stages_of<kTogether>([]<std::size_t kGroups>() -> Stage { return open<kGroups>; });
  section.close.fill(no_stage);
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
const RecurrentKernels& rnn_table() { return kTable; }
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace slipway {
SLIPWAY_KERNELS(RecurrentKernels, rnn_kernels, rnn_table)
}  // namespace slipway
#endif
