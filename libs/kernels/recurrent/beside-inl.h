// Steps of a recurrent layer two groups at a time, the products of one pair beside the activations
// of the pair before: what waits for itself in one fills the time of the other. Include after
// recurrent-inl.h.
#if defined(SLIPWAY_BESIDE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef SLIPWAY_BESIDE_INL_H
#undef SLIPWAY_BESIDE_INL_H
#else
#define SLIPWAY_BESIDE_INL_H
#endif

#include <algorithm>
#include <type_traits>
#include <utility>

#include "kernels/recurrent/recurrent-inl.h"

HWY_BEFORE_NAMESPACE();
namespace slipway::HWY_NAMESPACE {
namespace {

// The activations of some groups, Cells: taken in kSteps steps, so that other work can be put
// between them. All of them, one after the other:
template <typename Cells>
HWY_INLINE void run_cells(Cells& cells) {
  [&]<std::size_t... kStep>(std::index_sequence<kStep...> /*steps*/) HWY_ATTR {
    (cells.template run<kStep>(), ...);
  }
  (std::make_index_sequence<Cells::kSteps>());
}

// What the Cells of LSTM and GRU share: begin(), the functions of their gates, middle(), tanh,
// end(). kGroups groups from their sums, [group][gate][16].
template <typename Cell, std::size_t kGroups, std::size_t kSigmoids, std::size_t kCount>
class GatedSteps {
  using Gates = GateSteps<kSigmoids * kGroups, kCount * kGroups>;
  using Tanh = GateSteps<0, kGroups>;

 public:
  static constexpr std::size_t kSteps = 3 + Gates::kSteps + Tanh::kSteps;

  HWY_INLINE GatedSteps(const Walk& walk, const State& state, std::size_t group, const float* sums)
      : walk_(walk), state_(state), group_(group), sums_(sums) {}

  template <std::size_t kStep>
  HWY_INLINE void run() {
    Cell& cell = static_cast<Cell&>(*this);
    if constexpr (kStep == 0) {
      cell.begin();
    } else if constexpr (kStep <= Gates::kSteps) {
      gates_.template run<kStep - 1>();
    } else if constexpr (kStep == Gates::kSteps + 1) {
      cell.middle();
    } else if constexpr (kStep + 1 < kSteps) {
      tanh_.template run<kStep - Gates::kSteps - 2>();
    } else {
      cell.end();
    }
  }

 protected:
  const Walk& walk_;
  const State& state_;
  const std::size_t group_;
  const float* const sums_;
  Gates gates_;
  Tanh tanh_;
};

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET <= HWY_AVX2 && !defined(SLIPWAY_INT8_TARGETS)
constexpr std::size_t kPair = HWY_TARGET == HWY_AVX2 ? 1 : 2;

// kSums vectors of R's columns times h.
template <typename W, std::size_t kSums>
struct RowsProduct {
  const float* h;
  const W* row;
  std::size_t row_stride;
  std::size_t p;
  Sums<W, kSums> sums;

  HWY_INLINE void take_row() {
    sums.add_row(h[p++], row);
    row += row_stride;
  }

  // A row, while there are any below `end`, then a step of the cells; and so on to the last step.
  template <typename Cells, std::size_t... kStep>
  HWY_INLINE void take_rows_beside(std::size_t end, Cells& cells,
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
template <typename W, std::size_t kGates, template <std::size_t> class Cells, std::size_t kGroups,
          std::size_t kCells>
HWY_NOINLINE void multiply_beside(const Walk& walk, const State& state, std::size_t group,
                                  const Pending& pending) {
  const std::size_t hidden = walk.form.hidden;
  const GroupPlace place = group_place(walk.form, kGates, group);
  RowsProduct<W, kGroups * kGates> product;
  product.h = state.h;
  product.row = reinterpret_cast<const W*>(walk.r) + place.begin;
  product.row_stride = place.row_stride;
  product.p = 0;
  product.sums.clear();
  if constexpr (kCells != 0) {
    const bool is_waited_for = pending.state.h_new == state.h;
    const std::size_t end = is_waited_for ? std::min(hidden, pending.first * kWide) : hidden;
    Cells<kCells> cells(walk, pending.state, pending.first,
                        pending.state.sums + pending.first * kGates * kWide);
    product.take_rows_beside(end, cells, std::make_index_sequence<Cells<kCells>::kSteps>());
  }
  while (product.p < hidden) product.take_row();
  product.sums.store_to(state.sums + group * kGates * kWide);
}

template <typename W, std::size_t kGates, template <std::size_t> class Cells, std::size_t kGroups>
HWY_INLINE void multiply_some(const Walk& walk, const State& state, std::size_t group,
                              Pending& pending) {
  if (pending.groups == kPair) {
    multiply_beside<W, kGates, Cells, kGroups, kPair>(walk, state, group, pending);
  } else if (pending.groups == 1) {
    multiply_beside<W, kGates, Cells, kGroups, 1>(walk, state, group, pending);
  } else {
    multiply_beside<W, kGates, Cells, kGroups, 0>(walk, state, group, pending);
  }
  pending = {kGroups, group, state};
}

// The next step's products begin with the first units of h. Where the walk backwards ends with
// these, it takes them one group after the other, so that only the second is left pending; but for
// bfloat16 in threes, of which the pair's middle two stand side by side.
template <typename W, std::size_t kGates, template <std::size_t> class Cells>
void step_in_pairs(const Walk& walk, const Section* sections, State& state, std::size_t step,
                   Pending& pending) {
  if (state.h == nullptr)
    return step_section(walk, *sections, walk.r, nullptr, state.fixed, state, step);
  if (!walks_backwards(walk, *sections, step)) {
    for (std::size_t i = 0; i < walk.groups; i += kPair)
      multiply_some<W, kGates, Cells, kPair>(walk, state, i, pending);
    return;
  }
  for (std::size_t i = walk.groups; i > 2;) {
    i -= kPair;
    multiply_some<W, kGates, Cells, kPair>(walk, state, i, pending);
  }
  if constexpr (std::is_same_v<W, Bfloat16> && kGates % 2 == 1) {
    multiply_some<W, kGates, Cells, kPair>(walk, state, 0, pending);
  } else {
    multiply_some<W, kGates, Cells, 1>(walk, state, 0, pending);
    multiply_some<W, kGates, Cells, 1>(walk, state, 1, pending);
  }
}

// A step in pairs where that is how the layer can be walked, else the other. With AVX2 not of
// weights to be widened: there are half as many registers.
template <typename W, std::size_t kGates, template <std::size_t> class Cells>
Step in_pairs_or(const RecurrentForm& form, Step other) {
  if constexpr (HWY_TARGET != HWY_AVX2 || std::is_same_v<W, float>) {
    const std::size_t groups = form.groups();
    if (groups >= 2 * kPair && groups % kPair == 0 && r_chains(form) == 1)
      return step_in_pairs<W, kGates, Cells>;
  }
  return other;
}
#else
template <typename W, std::size_t kGates, template <std::size_t> class Cells>
Step in_pairs_or(const RecurrentForm& /*form*/, Step other) {
  return other;
}
#endif

}  // namespace
}  // namespace slipway::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // SLIPWAY_BESIDE_INL_H
