#include <algorithm>
#include <type_traits>
#include <utility>

#include "kernels/numeric/dot.h"
#include "kernels/numeric/fixed.h"
#include "ops/nn/recurrent.h"
#include "ops/support/compute.h"

namespace slipway {
namespace {

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
void multiply_scaled(std::size_t m, std::size_t n, std::size_t k, int least_exponent,
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

}  // namespace

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
template void multiply_weights(const Recurrent&, std::size_t, std::size_t, int, const float*,
                               const float*, const float*, float*);
template void multiply_weights(const Recurrent&, std::size_t, std::size_t, int, const double*,
                               const double*, const float*, double*);

namespace {

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

// y, y_h and y_c are filled; y_c may be empty.
template <typename T>
void run_recurrent(const Recurrent& plan, RecurrentStep<T> step, Tensor& y_out, Tensor& y_h_out,
                   Tensor& y_c_out) {
  const std::span<T> y = y_out.mutable_data<T>();
  const std::span<T> y_h = y_h_out.mutable_data<T>();
  const std::span<T> y_c = y_c_out.mutable_data<T>();
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
      step(plan, state);
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

}  // namespace

Status evaluate_recurrent(EvalContext& ctx, const RecurrentCell& cell,
                          RecurrentStep<float> step_float, RecurrentStep<double> step_double) {
  const Recurrent plan = TRY(plan_recurrent(ctx, cell));
  Tensor y = TRY(ctx.make(plan.dtype, plan.y_shape()));
  Tensor y_h = TRY(ctx.make(plan.dtype, plan.state_shape()));
  Tensor y_c = TRY(ctx.make(plan.dtype, cell.has_cell ? plan.state_shape() : Shape{0}));
  const DType dtype = ctx.input(0).dtype();
  if (plan.dtype != DType::kFloat32 && plan.dtype != DType::kFloat64)
    return ctx.unsupported("no implementation for ", name(plan.dtype));
  if (y_h.size() != 0) {
    if (plan.dtype == DType::kFloat32) {
      run_recurrent<float>(plan, step_float, y, y_h, y_c);
    } else {
      run_recurrent<double>(plan, step_double, y, y_h, y_c);
    }
  }
  TRY(set_narrowed(ctx, 0, std::move(y), dtype));
  TRY(set_narrowed(ctx, 1, std::move(y_h), dtype));
  return set_narrowed(ctx, 2, std::move(y_c), dtype);
}

}  // namespace slipway
