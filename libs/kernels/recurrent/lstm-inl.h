// The LSTM layer, for the products included before it.
#if defined(SLIPWAY_LSTM_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_LSTM_INL_H
#undef SLIPWAY_LSTM_INL_H
#else
#define SLIPWAY_LSTM_INL_H
#endif

#include "kernels/recurrent/recurrent-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

enum Gate : std::size_t { kInput = 0, kOutput = 1, kForget = 2, kCandidate = 3, kGates = 4 };
constexpr std::size_t kTogether = kMostSums >= 8 ? 2 : 1;

// One step of kGroups groups from their sums, [group][gate][16]: c' = f c + i g, h' = o tanh(c').
// Taken in kSteps steps, so that other work can be put between them.
template <std::size_t kGroups>
class CellSteps {
  using Gates = GateSteps<3 * kGroups, kGates * kGroups>;
  using Tanh = GateSteps<0, kGroups>;

 public:
  static constexpr std::size_t kSteps = 3 + Gates::kSteps + Tanh::kSteps;

  HWY_INLINE CellSteps(const Walk& walk, const State& state, std::size_t group, const float* sums)
      : walk_(walk), state_(state), group_(group), sums_(sums) {}

  template <std::size_t kStep>
  HWY_INLINE void run() {
    if constexpr (kStep == 0) {
      open();
    } else if constexpr (kStep <= Gates::kSteps) {
      gates_.template run<kStep - 1>();
    } else if constexpr (kStep == Gates::kSteps + 1) {
      change_cell();
    } else if constexpr (kStep + 1 < kSteps) {
      tanh_.template run<kStep - Gates::kSteps - 2>();
    } else {
      close();
    }
  }

 private:
  // (wx + dot) + bias: all i, all o, all f, all candidates.
  HWY_INLINE void open() {
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kGroups; ++i) {
      HWY_UNROLL(4)
      for (std::size_t j = 0; j < kGates; ++j) {
        gates_.x[j * kGroups + i] =
            gate_sum(walk_, state_, group_ + i, j, sums_ + (i * kGates + j) * kWide);
      }
    }
  }
  HWY_INLINE void change_cell() {
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kGroups; ++i) {
      float* const c = state_.c + (group_ + i) * kWide;
      const F32x16 kept = mul(gates_.x[kForget * kGroups + i], load(c));
      const F32x16 taken = mul(gates_.x[kInput * kGroups + i], gates_.x[kCandidate * kGroups + i]);
      tanh_.x[i] = add(kept, taken);
      store(tanh_.x[i], c);
    }
  }
  HWY_INLINE void close() {
    HWY_UNROLL(4)
    for (std::size_t i = 0; i < kGroups; ++i) {
      store_output(walk_, state_, group_ + i, mul(gates_.x[kOutput * kGroups + i], tanh_.x[i]));
    }
  }

  const Walk& walk_;
  const State& state_;
  const std::size_t group_;
  const float* const sums_;
  Gates gates_;
  Tanh tanh_;
};

template <std::size_t kGroups, std::size_t... kStep>
HWY_INLINE void run_cells(CellSteps<kGroups>& cells, std::index_sequence<kStep...> /*steps*/) {
  (cells.template run<kStep>(), ...);
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
    run_cells(cells, std::make_index_sequence<CellSteps<kGroups>::kSteps>());
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

// Two groups at a time, the products of one pair beside the activations of the pair before: what
// waits for itself in one fills the time of the other.
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET <= HWY_AVX3 && !defined(SLIPWAY_INT8_TARGETS)
constexpr std::size_t kPair = 2;

template <typename W, std::size_t kGroups>
struct GroupsProduct {
  const float* h;
  const W* row;
  std::size_t row_stride;
  std::size_t p;
  F32x16 acc[kGroups * kGates];

  HWY_INLINE void take_row() {
    multiply_row(h[p++], row, acc);
    row += row_stride;
  }

  // A row, while there are any below `end`, then a step of the cells; and so on to the last step.
  template <std::size_t kCells, std::size_t... kStep>
  HWY_INLINE void take_rows_beside(std::size_t end, CellSteps<kCells>& cells,
                                   std::index_sequence<kStep...> /*steps*/) {
    const auto take = [&]<std::size_t kOne>() HWY_ATTR __attribute__((always_inline)) {
      if (p < end) take_row();
      cells.template run<kOne>();
    };
    (take.template operator()<kStep>(), ...);
  }
};

// The sums of kGroups groups. `pending` are kCells groups whose activations are taken, before the
// first row that needs them.
template <typename W, std::size_t kGroups, std::size_t kCells>
HWY_NOINLINE void multiply_beside(const Walk& walk, const State& state, std::size_t group,
                                  const Pending& pending) {
  const std::size_t hidden = walk.form.hidden;
  const GroupPlace place = group_place(walk.form, kGates, group);
  GroupsProduct<W, kGroups> product;
  product.h = state.h;
  product.row = reinterpret_cast<const W*>(walk.r) + place.begin;
  product.row_stride = place.row_stride;
  product.p = 0;
  HWY_UNROLL(16)
  for (F32x16& sum : product.acc) sum = zero();
  if constexpr (kCells != 0) {
    const bool is_waited_for = pending.state.h_new == state.h;
    const std::size_t end = is_waited_for ? std::min(hidden, pending.first * kWide) : hidden;
    CellSteps<kCells> cells(walk, pending.state, pending.first,
                            pending.state.sums + pending.first * kGates * kWide);
    product.take_rows_beside(end, cells, std::make_index_sequence<CellSteps<kCells>::kSteps>());
  }
  while (product.p < hidden) product.take_row();
  float* const sums = state.sums + group * kGates * kWide;
  HWY_UNROLL(16)
  for (std::size_t i = 0; i < kGroups * kGates; ++i) store(product.acc[i], sums + i * kWide);
}

template <typename W, std::size_t kGroups>
HWY_INLINE void multiply_some(const Walk& walk, const State& state, std::size_t group,
                              Pending& pending) {
  if (pending.groups == kPair) {
    multiply_beside<W, kGroups, kPair>(walk, state, group, pending);
  } else if (pending.groups == 1) {
    multiply_beside<W, kGroups, 1>(walk, state, group, pending);
  } else {
    multiply_beside<W, kGroups, 0>(walk, state, group, pending);
  }
  pending = {kGroups, group, state};
}

// The next step's products begin with the first units of h. Where the walk backwards ends with
// these, it takes them one group after the other: only the second is left pending.
template <typename W>
void step_in_pairs(const Walk& walk, const Section* sections, State& state, std::size_t step,
                   Pending& pending) {
  if (state.h == nullptr)
    return step_section(walk, *sections, walk.r, nullptr, state.fixed, state, step);
  if (!walks_backwards(walk, *sections, step)) {
    for (std::size_t i = 0; i < walk.groups; i += kPair)
      multiply_some<W, kPair>(walk, state, i, pending);
    return;
  }
  for (std::size_t i = walk.groups - kPair; i != 0; i -= kPair)
    multiply_some<W, kPair>(walk, state, i, pending);
  multiply_some<W, 1>(walk, state, 0, pending);
  multiply_some<W, 1>(walk, state, 1, pending);
}

template <typename W>
Step step_of(const RecurrentForm& form) {
  const bool has_pairs = form.groups() >= 2 * kPair && form.groups() % kPair == 0;
  return has_pairs && r_chains(form) == 1 ? step_in_pairs<W> : step;
}
#else
template <typename W>
Step step_of(const RecurrentForm& /*form*/) {
  return step;
}
#endif

template <typename W>
void run_as(const RecurrentCall& call) {
  const RecurrentForm& form = call.form;
  const bool is_plain = !(form.clip > 0) && !form.has_peepholes && !form.couples_input_forget;
  const Section section =
      section_of<W, kGates, kTogether>(form, is_plain ? finish_plain : finish_any);
  walk_layer(call, &section, is_plain ? step_of<W>(form) : step);
}

void run(const RecurrentCall& call) {
  visit_r(call.form.r_type(), [&]<typename W>() HWY_ATTR { run_as<W>(call); });
}

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_LSTM_INL_H
