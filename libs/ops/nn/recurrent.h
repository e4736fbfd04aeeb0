// What RNN, GRU and LSTM share: shapes, directions, sequence lengths and the walk through time.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "kernels/numeric/fixed.h"
#include "ops/cost_context.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/nn/recurrent_activation.h"

namespace slipway {

struct RecurrentCell {
  std::size_t gates;
  std::vector<std::string_view> activations;  // of one direction, where the model names none
  bool has_cell;
};

struct Recurrent {
  std::size_t steps = 0, batch = 0, inputs = 0, hidden = 0, gates = 0;
  std::size_t directions = 1;
  bool starts_reversed = false;      // the first direction runs backwards; a second always does
  bool is_batch_first = false;       // layout 1: [batch, ...] comes before time and direction
  std::vector<std::size_t> lengths;  // of each sequence
  std::vector<GateActivation> activations;  // activations_per_direction for each direction
  DType dtype = DType::kUndefined;          // of the computation

  // Inputs in the computation's type; an omitted one has no elements.
  Tensor x, w, r, b, initial_h, initial_c, peepholes;
  // Of W and R that are whole numbers in [-127, 127]: the scale of each row; else empty.
  std::vector<float> w_scale, r_scale;

  std::size_t row() const { return gates * hidden; }  // of W x, all gates side by side
  bool is_reversed(std::size_t direction) const { return starts_reversed || direction == 1; }
  // Where a row of X, of Y, or of a state begins.
  std::size_t x_row(std::size_t t, std::size_t n) const {
    return (is_batch_first ? n * steps + t : t * batch + n) * inputs;
  }
  std::size_t y_row(std::size_t t, std::size_t direction, std::size_t n) const {
    return (is_batch_first ? (n * steps + t) * directions + direction
                           : (t * directions + direction) * batch + n) *
           hidden;
  }
  std::size_t state_row(std::size_t direction, std::size_t n) const {
    return (is_batch_first ? n * directions + direction : direction * batch + n) * hidden;
  }
  Shape y_shape() const;
  Shape state_shape() const;
};

Result<Recurrent> plan_recurrent(const EvalContext& ctx, const RecurrentCell& cell);
Status infer_recurrent(InferContext& ctx, const RecurrentCell& cell);
std::int64_t count_recurrent(const CostContext& ctx);

// One direction's parameters, null where the model has none, and its state.
template <typename T>
struct RecurrentState {
  const T* w = nullptr;       // [gates * hidden, inputs]
  const T* r = nullptr;       // [gates * hidden, hidden]
  const T* w_bias = nullptr;  // [gates * hidden]
  const T* r_bias = nullptr;
  const T* peepholes = nullptr;    // [3 * hidden]
  const float* w_scale = nullptr;  // [gates * hidden]
  const float* r_scale = nullptr;
  const GateActivation* activations = nullptr;
  std::vector<T> h, c;          // [batch, hidden]
  std::vector<T> wx, rh;        // [batch, gates * hidden]: products of this step
  std::vector<char> is_active;  // whether a sequence still runs
};

// Of a batch of vectors with n rows of a layer's W or R; scale is null, or of each of the rows. T
// is float or double.
template <typename T>
void multiply_weights(const Recurrent& plan, std::size_t n, std::size_t k, int least_exponent,
                      const T* a, const T* b, const float* scale, T* y);

// state.rh = h R of all gates.
template <typename T>
void multiply_state(const Recurrent& plan, RecurrentState<T>& state) {
  multiply_weights(plan, plan.row(), plan.hidden, numeric::kLeastStateExponent, state.h.data(),
                   state.r, state.r_scale, state.rh.data());
}

// One step: h (and c) of the active sequences from state.wx and the h and c before.
template <typename T>
using RecurrentStep = FunctionRef<void(const Recurrent& plan, RecurrentState<T>& state)>;

// Plans, makes the outputs (so that memory bounds the number of steps) and runs every direction.
Status evaluate_recurrent(EvalContext& ctx, const RecurrentCell& cell,
                          RecurrentStep<float> step_float, RecurrentStep<double> step_double);

}  // namespace slipway
