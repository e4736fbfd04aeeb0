#include "ops/nn/recurrent.h"
#include "ops/op.h"

namespace slipway {
namespace {

RecurrentCell rnn_cell() { return {1, {"Tanh"}, false}; }

// h' = f((W x + R h) + (Wb + Rb)).
template <typename T>
void rnn_step(const Recurrent& plan, RecurrentState<T>& state) {
  multiply_state(plan, state);
  for (std::size_t n = 0; n < plan.batch; ++n) {
    if (state.is_active[n] == 0) continue;
    for (std::size_t j = 0; j < plan.hidden; ++j) {
      const std::size_t at = n * plan.hidden + j;
      T gate = state.wx[at] + state.rh[at];
      if (state.w_bias != nullptr) gate += state.w_bias[j] + state.r_bias[j];
      state.h[at] = state.activations[0](gate);
    }
  }
}

Status evaluate_rnn(EvalContext& ctx) {
  const auto step = [](const Recurrent& plan, auto& state) { rnn_step(plan, state); };
  return evaluate_recurrent(ctx, rnn_cell(), step, step);
}

Status infer_rnn(InferContext& ctx) { return infer_recurrent(ctx, rnn_cell()); }

}  // namespace

std::vector<Op> rnn_ops() {
  constexpr std::string_view kSignature =
      "X: T, W: T, R: T, B?: T, sequence_lens?: T1, initial_h?: T -> Y?: T, Y_h?: T | T = floats, "
      "T1 = int32";
  return {{.name = "RNN",
           .versions = {{1, kSignature,
                         "activation_alpha floats, activation_beta floats, activations strings, "
                         "clip float, direction string, hidden_size int, output_sequence int"},
                        {7, kSignature,
                         "activation_alpha floats, activation_beta floats, activations strings, "
                         "clip float, direction string, hidden_size int"},
                        {14, kSignature,
                         "activation_alpha floats, activation_beta floats, activations strings, "
                         "clip float, direction string, hidden_size int, layout int"}},
           .infer = infer_rnn,
           .evaluate = evaluate_rnn,
           .multiply_adds = count_recurrent}};
}

}  // namespace slipway
