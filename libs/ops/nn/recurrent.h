// What RNN, GRU and LSTM share: shapes, directions, sequence lengths and the walk through time.
#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/numeric/dot.h"
#include "ops/cost_context.h"
#include "ops/eval_context.h"
#include "ops/infer_context.h"
#include "ops/nn/recurrent_activation.h"
#include "ops/support/compute.h"

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
  // What products with each row of W and R are multiplied by; empty: nothing.
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

// y[m, n] = a[m, k] * b[n, k]^T with the chains of a product of n_outputs columns.
template <typename T>
void multiply_transposed(std::size_t m, std::size_t n, std::size_t k, std::size_t n_outputs,
                         const T* a, const T* b, T* y, std::size_t y_step) {
  const std::ptrdiff_t depth = static_cast<std::ptrdiff_t>(k);
  numeric::gemm_in_chains(m, n, k, numeric::chain_count(n_outputs, k),
                          numeric::Matrix<const T>{a, depth, 1},
                          numeric::Matrix<const T>{b, 1, depth},
                          numeric::Matrix<T>{y, static_cast<std::ptrdiff_t>(y_step), 1});
}

// y[m, n] times the scale of its column, where there are scales.
template <typename T>
void scale_columns(std::size_t m, std::size_t n, const float* scale, T* y, std::size_t y_step) {
  for (std::size_t i = 0; scale != nullptr && i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) y[i * y_step + j] *= static_cast<T>(scale[j]);
  }
}

// state.rh = h R of all gates.
template <typename T>
void multiply_state(const Recurrent& plan, RecurrentState<T>& state) {
  multiply_transposed(plan.batch, plan.row(), plan.hidden, plan.row(), state.h.data(), state.r,
                      state.rh.data(), plan.row());
  scale_columns(plan.batch, plan.row(), state.r_scale, state.rh.data(), plan.row());
}

template <typename T>
RecurrentState<T> start_direction(const Recurrent& plan, std::size_t direction) {
  RecurrentState<T> state;
  const std::size_t row = plan.row();
  const auto part = [&](const Tensor& tensor, std::size_t at) {
    return tensor.size() == 0 ? nullptr : tensor.data<T>().data() + at;
  };
  state.w = part(plan.w, direction * row * plan.inputs);
  state.r = part(plan.r, direction * row * plan.hidden);
  state.w_bias = part(plan.b, direction * 2 * row);
  state.r_bias = part(plan.b, (direction * 2 + 1) * row);
  state.peepholes = part(plan.peepholes, direction * 3 * plan.hidden);
  if (!plan.w_scale.empty()) state.w_scale = plan.w_scale.data() + direction * row;
  if (!plan.r_scale.empty()) state.r_scale = plan.r_scale.data() + direction * row;
  state.activations =
      plan.activations.data() + direction * (plan.activations.size() / plan.directions);
  for (auto& [tensor, values] :
       {std::pair(&plan.initial_h, &state.h), std::pair(&plan.initial_c, &state.c)}) {
    values->assign(plan.batch * plan.hidden, T(0));
    for (std::size_t n = 0; tensor->size() != 0 && n < plan.batch; ++n) {
      const T* from = tensor->template data<T>().data() + plan.state_row(direction, n);
      std::copy(from, from + plan.hidden,
                values->begin() + static_cast<std::ptrdiff_t>(n * plan.hidden));
    }
  }
  state.wx.resize(plan.batch * row);
  state.rh.resize(plan.batch * row);
  state.is_active.resize(plan.batch);
  return state;
}

// Runs every direction; step(state) computes h (and c) of the active sequences from state.wx and
// the h and c before. y, y_h and y_c are filled; y_c may be empty.
template <typename T, typename Step>
void run_recurrent(const Recurrent& plan, Step step, std::span<T> y, std::span<T> y_h,
                   std::span<T> y_c) {
  std::vector<T> x(plan.batch * plan.inputs);
  const auto copy_row = [&](const T* from, std::size_t count, T* to) {
    std::copy(from, from + count, to);
  };
  for (std::size_t direction = 0; direction < plan.directions; ++direction) {
    RecurrentState<T> state = start_direction<T>(plan, direction);
    const auto time_of = [&](std::size_t s, std::size_t n) {
      return plan.is_reversed(direction) ? plan.lengths[n] - 1 - s : s;
    };
    for (std::size_t s = 0; s < plan.steps; ++s) {
      for (std::size_t n = 0; n < plan.batch; ++n) {
        state.is_active[n] = s < plan.lengths[n];
        if (state.is_active[n] == 0) continue;
        copy_row(plan.x.data<T>().data() + plan.x_row(time_of(s, n), n), plan.inputs,
                 x.data() + n * plan.inputs);
      }
      multiply_transposed(plan.batch, plan.row(), plan.inputs, plan.row(), x.data(), state.w,
                          state.wx.data(), plan.row());
      scale_columns(plan.batch, plan.row(), state.w_scale, state.wx.data(), plan.row());
      step(state);
      for (std::size_t n = 0; n < plan.batch; ++n) {
        if (state.is_active[n] == 0) continue;
        copy_row(state.h.data() + n * plan.hidden, plan.hidden,
                 y.data() + plan.y_row(time_of(s, n), direction, n));
      }
    }
    for (std::size_t n = 0; n < plan.batch; ++n) {
      const std::size_t at = plan.state_row(direction, n);
      copy_row(state.h.data() + n * plan.hidden, plan.hidden, y_h.data() + at);
      if (!y_c.empty()) copy_row(state.c.data() + n * plan.hidden, plan.hidden, y_c.data() + at);
    }
  }
}

// Plans, makes the outputs (so that memory bounds the number of steps) and calls
// run.operator()<T>(plan, y, y_h, y_c).
template <typename Run>
Status evaluate_recurrent(EvalContext& ctx, const RecurrentCell& cell, Run run) {
  const Recurrent plan = TRY(plan_recurrent(ctx, cell));
  Tensor y = TRY(ctx.make(plan.dtype, plan.y_shape()));
  Tensor y_h = TRY(ctx.make(plan.dtype, plan.state_shape()));
  Tensor y_c = TRY(ctx.make(plan.dtype, cell.has_cell ? plan.state_shape() : Shape{0}));
  const bool known = visit_real(plan.dtype, [&]<typename T>() {
    if (y_h.size() == 0) return;
    run.template operator()<T>(plan, y.mutable_data<T>(), y_h.mutable_data<T>(),
                               y_c.mutable_data<T>());
  });
  if (!known) return ctx.unsupported("no implementation for ", name(plan.dtype));
  const DType dtype = ctx.input(0).dtype();
  TRY(set_narrowed(ctx, 0, std::move(y), dtype));
  TRY(set_narrowed(ctx, 1, std::move(y_h), dtype));
  return set_narrowed(ctx, 2, std::move(y_c), dtype);
}

}  // namespace slipway
