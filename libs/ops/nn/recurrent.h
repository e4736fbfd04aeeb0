// What RNN, GRU and LSTM share: shapes, directions, sequence lengths and the walk through time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/numeric/dot.h"
#include "kernels/numeric/fixed.h"
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

// The same of whole numbers b, each with the scale of its row, in integers: docs/numerics.md,
// "Recurrent layers".
inline void multiply_scaled(std::size_t m, std::size_t n, std::size_t k, int least_exponent,
                            const float* a, const float* b, const float* scale, float* y,
                            std::size_t y_step) {
  std::vector<std::int16_t> q(k);
  for (std::size_t i = 0; i < m; ++i) {
    const numeric::FixedScale fixed = numeric::fixed_scale(a + i * k, k, least_exponent);
    numeric::to_fixed(a + i * k, k, fixed, q.data());
    for (std::size_t j = 0; j < n; ++j) {
      y[i * y_step + j] = numeric::fixed_dot(q.data(), b + j * k, k) * (scale[j] * fixed.unit);
    }
  }
}

// Of a batch of vectors with n rows of a layer's W or R; scale is null, or of each of the rows.
template <typename T>
void multiply_weights(const Recurrent& plan, std::size_t n, std::size_t k, int least_exponent,
                      const T* a, const T* b, const float* scale, T* y) {
  if constexpr (std::is_same_v<T, float>) {
    if (scale != nullptr) {
      return multiply_scaled(plan.batch, n, k, least_exponent, a, b, scale, y, plan.row());
    }
  }
  multiply_transposed(plan.batch, n, k, plan.row(), a, b, y, plan.row());
}

// state.rh = h R of all gates.
template <typename T>
void multiply_state(const Recurrent& plan, RecurrentState<T>& state) {
  multiply_weights(plan, plan.row(), plan.hidden, numeric::kLeastStateExponent, state.h.data(),
                   state.r, state.r_scale, state.rh.data());
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
      multiply_weights(plan, plan.row(), plan.inputs, numeric::kLeastInputExponent, x.data(),
                       state.w, state.w_scale, state.wx.data());
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
