#include "ops/nn/recurrent.h"
#include "ops/op.h"

namespace slipway {
namespace {

RecurrentCell gru_cell() { return {3, {"Sigmoid", "Tanh"}, false}; }

// Gates stand in the order z (update), r (reset), h (candidate).
template <typename T>
T gate(const RecurrentState<T>& state, std::size_t at, std::size_t column) {
  T sum = state.wx[at] + state.rh[at];
  if (state.w_bias != nullptr) sum += state.w_bias[column] + state.r_bias[column];
  return state.activations[0](sum);
}

// z and r of every sequence, in place of their products in wx.
template <typename T>
void open_gates(const Recurrent& plan, RecurrentState<T>& state) {
  for (std::size_t n = 0; n < plan.batch; ++n) {
    for (std::size_t column = 0; column < 2 * plan.hidden; ++column) {
      const std::size_t at = n * plan.row() + column;
      state.wx[at] = gate(state, at, column);
    }
  }
}

// Products of r * h with the candidate's rows of R, in place of those of h.
template <typename T>
void multiply_reset(const Recurrent& plan, RecurrentState<T>& state) {
  std::vector<T> reset(state.h.size());
  for (std::size_t i = 0; i < reset.size(); ++i) {
    const std::size_t n = i / plan.hidden;
    reset[i] = state.wx[n * plan.row() + plan.hidden + i % plan.hidden] * state.h[i];
  }
  const float* const scale = state.r_scale == nullptr ? nullptr : state.r_scale + 2 * plan.hidden;
  multiply_weights(plan, plan.hidden, plan.hidden, numeric::kLeastStateExponent, reset.data(),
                   state.r + 2 * plan.hidden * plan.hidden, scale,
                   state.rh.data() + 2 * plan.hidden);
}

// h' = (1 - z) * g + z * h.
template <typename T>
void gru_step(const Recurrent& plan, bool is_linear_before_reset, RecurrentState<T>& state) {
  multiply_state(plan, state);
  open_gates(plan, state);
  if (!is_linear_before_reset) multiply_reset(plan, state);
  for (std::size_t n = 0; n < plan.batch; ++n) {
    if (state.is_active[n] == 0) continue;
    for (std::size_t j = 0; j < plan.hidden; ++j) {
      const std::size_t z = n * plan.row() + j;
      const std::size_t column = 2 * plan.hidden + j;
      const std::size_t at = n * plan.row() + column;
      T sum = state.wx[at];
      if (is_linear_before_reset) {
        T inner = state.rh[at];
        if (state.r_bias != nullptr) inner += state.r_bias[column];
        sum += state.wx[z + plan.hidden] * inner;
        if (state.w_bias != nullptr) sum += state.w_bias[column];
      } else {
        sum += state.rh[at];
        if (state.w_bias != nullptr) sum += state.w_bias[column] + state.r_bias[column];
      }
      const T candidate = state.activations[1](sum);
      T& h = state.h[n * plan.hidden + j];
      h = (T(1) - state.wx[z]) * candidate + state.wx[z] * h;
    }
  }
}

Status evaluate_gru(EvalContext& ctx) {
  const bool is_linear = ctx.get_int("linear_before_reset", 0) != 0;
  const auto step = [is_linear](const Recurrent& plan, auto& state) {
    gru_step(plan, is_linear, state);
  };
  return evaluate_recurrent(ctx, gru_cell(), step, step);
}

Status infer_gru(InferContext& ctx) { return infer_recurrent(ctx, gru_cell()); }

}  // namespace

std::vector<Op> gru_ops() {
  constexpr std::string_view kSignature =
      "X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T -> Y?: T, Y_h?: T | T = floats, "
      "T1 = int32";
  return {{.name = "GRU",
           .versions = {{1,
                         "X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T -> Y?: T, "
                         "Y_h: T | T = floats, T1 = int32",
                         "activation_alpha floats, activation_beta floats, activations strings, "
                         "clip float, direction string, hidden_size int, output_sequence int"},
                        {3, kSignature,
                         "activation_alpha floats, activation_beta floats, activations strings, "
                         "clip float, direction string, hidden_size int, linear_before_reset int, "
                         "output_sequence int"},
                        {7, kSignature,
                         "activation_alpha floats, activation_beta floats, activations strings, "
                         "clip float, direction string, hidden_size int, linear_before_reset int"},
                        {14, kSignature,
                         "activation_alpha floats, activation_beta floats, activations strings, "
                         "clip float, direction string, hidden_size int, layout int, "
                         "linear_before_reset int"}},
           .infer = infer_gru,
           .evaluate = evaluate_gru,
           .multiply_adds = count_recurrent}};
}

}  // namespace slipway
