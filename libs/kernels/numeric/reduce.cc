#include "kernels/numeric/reduce.h"

#include "kernels/numeric/bits.h"
#include "kernels/numeric/double_core.h"
#include "kernels/numeric/float_core.h"
#include "kernels/numeric/fused.h"

namespace slipway::numeric {

namespace core {

// A strided row, so that the loops below read like the formulas.
template <typename T>
struct Row {
  T* data;
  std::ptrdiff_t stride;

  SLIPWAY_INLINE T& operator[](std::size_t i) const {
    return data[static_cast<std::ptrdiff_t>(i) * stride];
  }
};

template <typename T>
SLIPWAY_INLINE T combine_sums(T (&lane)[kLanes]) {
  for (std::size_t half = kLanes / 2; half != 0; half /= 2) {
    for (std::size_t j = 0; j < half; ++j) lane[j] += lane[j + half];
  }
  return lane[0];
}

// sum (x - centre)^2.
template <typename T>
SLIPWAY_INLINE T sum_of_squares(const T* x, std::size_t n, std::ptrdiff_t stride, T centre) {
  const Row<const T> row = {x, stride};
  T lane[kLanes] = {};
  for (std::size_t i = 0; i < n; ++i) {
    const T d = row[i] - centre;
    lane[i % kLanes] = fma(d, d, lane[i % kLanes]);
  }
  return combine_sums(lane);
}

// y = exp(x - shift); the sum of all y.
template <typename T>
SLIPWAY_INLINE T exponentials(Row<const T> x, Row<T> y, std::size_t n, T shift) {
  T lane[kLanes] = {};
  for (std::size_t i = 0; i < n; ++i) {
    const T e = exp(x[i] - shift);
    y[i] = e;
    lane[i % kLanes] += e;
  }
  return combine_sums(lane);
}

template <typename T>
SLIPWAY_INLINE T sum_of_exponentials(Row<const T> x, std::size_t n, T shift) {
  T lane[kLanes] = {};
  for (std::size_t i = 0; i < n; ++i) lane[i % kLanes] += exp(x[i] - shift);
  return combine_sums(lane);
}

template <typename T>
SLIPWAY_INLINE T log_sum_exp(const T* x, std::size_t n, std::ptrdiff_t stride) {
  const T greatest = numeric::max(x, n, stride);
  const T shift = magnitude(greatest) == std::numeric_limits<T>::infinity() ? T{0} : greatest;
  return log(sum_of_exponentials(Row<const T>{x, stride}, n, shift)) + shift;
}

template <typename T>
SLIPWAY_INLINE void softmax_row(const T* x, T* y, std::size_t n, std::ptrdiff_t stride) {
  const Row<T> out = {y, stride};
  const T inverse =
      T{1} / exponentials(Row<const T>{x, stride}, out, n, numeric::max(x, n, stride));
  for (std::size_t i = 0; i < n; ++i) out[i] *= inverse;
}

template <typename T>
SLIPWAY_INLINE void log_softmax_row(const T* x, T* y, std::size_t n, std::ptrdiff_t stride) {
  const Row<const T> in = {x, stride};
  const Row<T> out = {y, stride};
  const T greatest = numeric::max(x, n, stride);
  const T log_sum = log(sum_of_exponentials(in, n, greatest));
  for (std::size_t i = 0; i < n; ++i) out[i] = (in[i] - greatest) - log_sum;
}

template <typename T>
SLIPWAY_INLINE void normalize_row(const T* x, T* y, std::size_t n, std::ptrdiff_t stride, T mean,
                                  T inverse, Affine<T> affine) {
  const Row<const T> in = {x, stride};
  const Row<T> out = {y, stride};
  for (std::size_t i = 0; i < n; ++i) {
    const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(i) * affine.step;
    const T normal = (in[i] - mean) * inverse;
    const T scale = affine.scale != nullptr ? affine.scale[at] : T{1};
    out[i] = affine.bias != nullptr ? fma(normal, scale, affine.bias[at]) : normal * scale;
  }
}

}  // namespace core

#define SLIPWAY_REDUCTIONS(T)                                                                      \
  SLIPWAY_DEFINE_FUSED(T, squares_around,                                                          \
                       (const T* x, std::size_t n, std::ptrdiff_t stride, T centre),               \
                       core::sum_of_squares, (x, n, stride, centre))                               \
  SLIPWAY_DEFINE_FUSED(T, log_sum_exp, (const T* x, std::size_t n, std::ptrdiff_t stride),         \
                       core::log_sum_exp, (x, n, stride))                                          \
  SLIPWAY_DEFINE_FUSED(void, softmax_row,                                                          \
                       (const T* x, T* y, std::size_t n, std::ptrdiff_t stride),                   \
                       core::softmax_row, (x, y, n, stride))                                       \
  SLIPWAY_DEFINE_FUSED(void, log_softmax_row,                                                      \
                       (const T* x, T* y, std::size_t n, std::ptrdiff_t stride),                   \
                       core::log_softmax_row, (x, y, n, stride))                                   \
  SLIPWAY_DEFINE_FUSED(void, normalize_row,                                                        \
                       (const T* x, T* y, std::size_t n, std::ptrdiff_t stride, T mean, T inverse, \
                        Affine<T> affine),                                                         \
                       core::normalize_row, (x, y, n, stride, mean, inverse, affine))              \
  T sum_of_squares(const T* x, std::size_t n, std::ptrdiff_t stride) {                             \
    return squares_around(x, n, stride, T{0});                                                     \
  }                                                                                                \
  Moments<T> moments(const T* x, std::size_t n, std::ptrdiff_t stride) {                           \
    const T centre = mean(x, n, stride);                                                           \
    return {centre, squares_around(x, n, stride, centre) / static_cast<T>(n)};                     \
  }                                                                                                \
  T inverse_root(T x, T epsilon) { return T{1} / core::root(x + epsilon); }                        \
  Moments<T> layer_norm_row(const T* x, T* y, std::size_t n, std::ptrdiff_t stride, T epsilon,     \
                            Affine<T> affine) {                                                    \
    const Moments<T> m = moments(x, n, stride);                                                    \
    normalize_row(x, y, n, stride, m.mean, inverse_root(m.variance, epsilon), affine);             \
    return m;                                                                                      \
  }                                                                                                \
  void rms_norm_row(const T* x, T* y, std::size_t n, std::ptrdiff_t stride, T epsilon,             \
                    Affine<T> affine) {                                                            \
    const T square = sum_of_squares(x, n, stride) / static_cast<T>(n);                             \
    normalize_row(x, y, n, stride, T{0}, inverse_root(square, epsilon), affine);                   \
  }

SLIPWAY_REDUCTIONS(float)
SLIPWAY_REDUCTIONS(double)

}  // namespace slipway::numeric
