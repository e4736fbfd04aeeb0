// Reductions of n elements, and the rows of softmax and of the normalisations. References and fast
// kernels share these definitions; docs/numerics.md has them as formulas.
//
// Elements are x[0], x[stride], x[2 stride], ...; a reduction over several axes takes the elements
// of the reduced subtensor in row-major order. Sums follow the 16-lane tree of lanes.h. Integers
// wrap. A value(i) callback must give the same value for the same i.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "kernels/numeric/lanes.h"

namespace slipway::numeric {

// value(0) + ... + value(n - 1). The empty sum is +0.
template <typename T, typename Value>
T sum_of(std::size_t n, Value value) {
  return reduce_lanes(n, T{0}, value, wrapping_add<T>);
}
template <typename T, typename Value>
T product_of(std::size_t n, Value value) {
  return reduce_lanes(n, T{1}, value, wrapping_multiply<T>);
}
// NaN if any is NaN; of equals, the first in the tree. Of nothing: -infinity, or the lowest
// integer.
template <typename T, typename Value>
T max_of(std::size_t n, Value value) {
  return reduce_lanes(n, lowest_start<T>(), value, greater_of<T>);
}
template <typename T, typename Value>
T min_of(std::size_t n, Value value) {
  return reduce_lanes(n, highest_start<T>(), value, less_of<T>);
}

template <typename T>
T sum(const T* x, std::size_t n, std::ptrdiff_t stride = 1) {
  return sum_of<T>(n, [=](std::size_t i) { return x[static_cast<std::ptrdiff_t>(i) * stride]; });
}
template <typename T>
T max(const T* x, std::size_t n, std::ptrdiff_t stride = 1) {
  return max_of<T>(n, [=](std::size_t i) { return x[static_cast<std::ptrdiff_t>(i) * stride]; });
}
template <typename T>
T min(const T* x, std::size_t n, std::ptrdiff_t stride = 1) {
  return min_of<T>(n, [=](std::size_t i) { return x[static_cast<std::ptrdiff_t>(i) * stride]; });
}
// sum / n; of floating point, one rounded division; of integers, towards zero. n > 0 for integers.
template <typename T>
T mean(const T* x, std::size_t n, std::ptrdiff_t stride = 1) {
  if constexpr (std::is_integral_v<T>) {
    using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
    return static_cast<T>(static_cast<Wide>(sum(x, n, stride)) / static_cast<Wide>(n));
  } else {
    return sum(x, n, stride) / static_cast<T>(n);
  }
}

// Lane j adds by fma(x, x, lane): one rounding an element.
float sum_of_squares(const float* x, std::size_t n, std::ptrdiff_t stride = 1);
double sum_of_squares(const double* x, std::size_t n, std::ptrdiff_t stride = 1);
template <std::integral T>
T sum_of_squares(const T* x, std::size_t n, std::ptrdiff_t stride = 1) {
  return sum_of<T>(n, [=](std::size_t i) {
    const T v = x[static_cast<std::ptrdiff_t>(i) * stride];
    return wrapping_multiply(v, v);
  });
}

// log(sum exp(x - m)) + m with m = max x, or 0 where the maximum is infinite.
float log_sum_exp(const float* x, std::size_t n, std::ptrdiff_t stride = 1);
double log_sum_exp(const double* x, std::size_t n, std::ptrdiff_t stride = 1);

// e = exp(x - max x), y = e * (1 / sum e). In place is allowed; x and y have the same stride.
void softmax_row(const float* x, float* y, std::size_t n, std::ptrdiff_t stride = 1);
void softmax_row(const double* x, double* y, std::size_t n, std::ptrdiff_t stride = 1);
// y = (x - max x) - log(sum exp(x - max x)).
void log_softmax_row(const float* x, float* y, std::size_t n, std::ptrdiff_t stride = 1);
void log_softmax_row(const double* x, double* y, std::size_t n, std::ptrdiff_t stride = 1);

// mean = sum x / n; variance = sum (x - mean)^2 / n, each square added by fma.
template <typename T>
struct Moments {
  T mean, variance;
};
Moments<float> moments(const float* x, std::size_t n, std::ptrdiff_t stride = 1);
Moments<double> moments(const double* x, std::size_t n, std::ptrdiff_t stride = 1);

// 1 / sqrt(x + epsilon): one rounding each for the sum, the root and the quotient.
float inverse_root(float x, float epsilon);
double inverse_root(double x, double epsilon);

// y = ((x - mean) * inverse) scaled and shifted: fma(that, scale, bias), a product alone where bias
// is null, nothing more where scale is null too. A bias without a scale is a scale of 1. Step 0
// holds one scale for the whole row, step 1 has one an element.
template <typename T>
struct Affine {
  const T* scale = nullptr;
  const T* bias = nullptr;
  std::ptrdiff_t step = 1;
};
void normalize_row(const float* x, float* y, std::size_t n, std::ptrdiff_t stride, float mean,
                   float inverse, Affine<float> affine);
void normalize_row(const double* x, double* y, std::size_t n, std::ptrdiff_t stride, double mean,
                   double inverse, Affine<double> affine);

// moments, inverse_root of the variance, normalize_row. The moments are returned.
Moments<float> layer_norm_row(const float* x, float* y, std::size_t n, std::ptrdiff_t stride,
                              float epsilon, Affine<float> affine);
Moments<double> layer_norm_row(const double* x, double* y, std::size_t n, std::ptrdiff_t stride,
                               double epsilon, Affine<double> affine);
// The same with mean 0 and with sum x^2 / n for the variance; the difference x - 0 is x.
void rms_norm_row(const float* x, float* y, std::size_t n, std::ptrdiff_t stride, float epsilon,
                  Affine<float> affine);
void rms_norm_row(const double* x, double* y, std::size_t n, std::ptrdiff_t stride, double epsilon,
                  Affine<double> affine);

}  // namespace slipway::numeric
