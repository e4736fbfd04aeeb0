// Products along k: the rule that every MatMul, Gemm and recurrent gate follows.
//
// acc = +0, then acc = fma(a[k], b[k], acc) for k in order. Where a row has few outputs, k is dealt
// in turn to chain_count(n, k) accumulators, chain c taking k = c, c + C, c + 2C, ...; they are
// then put together by the tree of lanes.h. The count depends on the number of outputs n that share
// a row of A and on the depth k alone, never on the number of rows: a row alone and the same row in
// a batch give the same bits.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace slipway::numeric {

// About 128 running sums in all, enough to hide the latency of fused multiply-add on every
// processor we know, and at least four products a chain.
//
//   n  1..15  16..31  32..63  64..127  128..
//   C  16     8       4       2        1       halved while k < 4 C
constexpr std::size_t chain_count(std::size_t n, std::size_t k) {
  std::size_t chains = n < 16 ? 16 : n < 32 ? 8 : n < 64 ? 4 : n < 128 ? 2 : 1;
  while (chains > 1 && k < 4 * chains) chains /= 2;
  return chains;
}

// One output of a row with n_outputs of them. Strides count elements and may be zero or negative.
float dot(const float* a, std::ptrdiff_t a_stride, const float* b, std::ptrdiff_t b_stride,
          std::size_t k, std::size_t n_outputs);
double dot(const double* a, std::ptrdiff_t a_stride, const double* b, std::ptrdiff_t b_stride,
           std::size_t k, std::size_t n_outputs);

// The same with the number of chains given: a power of two up to 16.
float dot_in_chains(const float* a, std::ptrdiff_t a_stride, const float* b,
                    std::ptrdiff_t b_stride, std::size_t k, std::size_t chains);
double dot_in_chains(const double* a, std::ptrdiff_t a_stride, const double* b,
                     std::ptrdiff_t b_stride, std::size_t k, std::size_t chains);

// C[m, n] = A[m, k] B[k, n]: element (i, j) of a matrix is at i * row_stride + j * column_stride.
// Every element of C has the bits of dot(row of A, column of B, k, n). C is written, never read,
// and must not overlap A or B.
template <typename T>
struct Matrix {
  T* data;
  std::ptrdiff_t row_stride;
  std::ptrdiff_t column_stride;

  T& at(std::size_t i, std::size_t j) const {
    return data[static_cast<std::ptrdiff_t>(i) * row_stride +
                static_cast<std::ptrdiff_t>(j) * column_stride];
  }
};

void gemm(std::size_t m, std::size_t n, std::size_t k, Matrix<const float> a, Matrix<const float> b,
          Matrix<float> c);
void gemm(std::size_t m, std::size_t n, std::size_t k, Matrix<const double> a,
          Matrix<const double> b, Matrix<double> c);

// The same with the number of chains given, as convolution and attention fix it by other shapes.
void gemm_in_chains(std::size_t m, std::size_t n, std::size_t k, std::size_t chains,
                    Matrix<const float> a, Matrix<const float> b, Matrix<float> c);
void gemm_in_chains(std::size_t m, std::size_t n, std::size_t k, std::size_t chains,
                    Matrix<const double> a, Matrix<const double> b, Matrix<double> c);

// acc[j] = fma(x, b[j * b_stride], acc[j]) for j < n: the step of a convolution along a row of
// outputs.
void multiply_add(float x, const float* b, std::ptrdiff_t b_stride, float* acc, std::size_t n);
void multiply_add(double x, const double* b, std::ptrdiff_t b_stride, double* acc, std::size_t n);

// Integer products are exact modulo 2^bits: every order gives the same.
template <std::integral T>
void gemm(std::size_t m, std::size_t n, std::size_t k, Matrix<const T> a, Matrix<const T> b,
          Matrix<T> c) {
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      std::uint64_t sum = 0;
      for (std::size_t p = 0; p < k; ++p) {
        sum += static_cast<std::uint64_t>(a.at(i, p)) * static_cast<std::uint64_t>(b.at(p, j));
      }
      c.at(i, j) = static_cast<T>(sum);
    }
  }
}

}  // namespace slipway::numeric
