#include "ops/nn/recurrent.h"
#include "ops/op.h"

namespace slipway {
namespace {

RecurrentCell lstm_cell() { return {4, {"Sigmoid", "Tanh", "Tanh"}, true}; }

// The places of the gates in W, R and B, and of their peepholes in P.
enum Gate : std::size_t { kInput = 0, kOutput = 1, kForget = 2, kCandidate = 3 };

// (W x + R h) + (Wb + Rb), then + P * c where there are peepholes.
template <typename T>
T gate_sum(const Recurrent& plan, const RecurrentState<T>& state, std::size_t n, Gate gate,
           std::size_t j, T c) {
  const std::size_t column = gate * plan.hidden + j;
  const std::size_t at = n * plan.row() + column;
  T sum = state.wx[at] + state.rh[at];
  if (state.w_bias != nullptr) sum += state.w_bias[column] + state.r_bias[column];
  if (state.peepholes != nullptr && gate != kCandidate) sum += state.peepholes[column] * c;
  return sum;
}

// c' = f * c + i * g, h' = o * tanh(c'). `clip` bounds what goes into the gates' activations; the
// new cell goes into its own unbounded. The standard's text leaves that open, ONNX Runtime does so.
template <typename T>
void lstm_step(const Recurrent& plan, bool couples_input_forget, RecurrentState<T>& state) {
  multiply_state(plan, state);
  const GateActivation* activation = state.activations;
  GateActivation of_cell = activation[2];
  of_cell.clip = 0;
  for (std::size_t n = 0; n < plan.batch; ++n) {
    if (state.is_active[n] == 0) continue;
    for (std::size_t j = 0; j < plan.hidden; ++j) {
      T& c = state.c[n * plan.hidden + j];
      const T i = activation[0](gate_sum(plan, state, n, kInput, j, c));
      const T f =
          couples_input_forget ? T(1) - i : activation[0](gate_sum(plan, state, n, kForget, j, c));
      const T g = activation[1](gate_sum(plan, state, n, kCandidate, j, c));
      c = f * c + i * g;
      const T o = activation[0](gate_sum(plan, state, n, kOutput, j, c));
      state.h[n * plan.hidden + j] = o * of_cell(c);
    }
  }
}

Status evaluate_lstm(EvalContext& ctx) {
  const bool couples = ctx.get_int("input_forget", 0) != 0;
  const auto step = [couples](const Recurrent& plan, auto& state) {
    lstm_step(plan, couples, state);
  };
  return evaluate_recurrent(ctx, lstm_cell(), step, step);
}

Status infer_lstm(InferContext& ctx) { return infer_recurrent(ctx, lstm_cell()); }

}  // namespace

std::vector<Op> lstm_ops() {
  constexpr std::string_view kSignature =
      "X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T, initial_c?: T, P?: T -> Y?: T, "
      "Y_h?: T, Y_c?: T | T = floats, T1 = int32";
  return {{.name = "LSTM",
           .versions = {{1, kSignature,
                         "activation_alpha floats, activation_beta floats, activations strings, "
                         "clip float, direction string, hidden_size int, input_forget int, "
                         "output_sequence int"},
                        {7, kSignature,
                         "activation_alpha floats, activation_beta floats, activations strings, "
                         "clip float, direction string, hidden_size int, input_forget int"},
                        {14, kSignature,
                         "activation_alpha floats, activation_beta floats, activations strings, "
                         "clip float, direction string, hidden_size int, input_forget int, "
                         "layout int"}},
           .infer = infer_lstm,
           .evaluate = evaluate_lstm,
           .multiply_adds = count_recurrent}};
}

}  // namespace slipway
