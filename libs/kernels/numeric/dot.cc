#include "kernels/numeric/dot.h"

#include <algorithm>

#include "kernels/numeric/bits.h"
#include "kernels/numeric/fused.h"
#include "kernels/numeric/lanes.h"

namespace slipway::numeric {

namespace core {

template <typename T>
SLIPWAY_INLINE T dot_in_chains(const T* a, std::ptrdiff_t a_stride, const T* b,
                               std::ptrdiff_t b_stride, std::size_t k, std::size_t chains) {
  T acc[kLanes] = {};
  std::size_t p = 0;
  if (chains == kLanes && a_stride == 1 && b_stride == 1) {
    for (; p + kLanes <= k; p += kLanes) {
      for (std::size_t c = 0; c < kLanes; ++c) acc[c] = fma(a[p + c], b[p + c], acc[c]);
    }
  }
  for (; p < k; ++p) {
    const auto at = static_cast<std::ptrdiff_t>(p);
    T& sum = acc[p & (chains - 1)];
    sum = fma(a[at * a_stride], b[at * b_stride], sum);
  }
  for (std::size_t half = chains / 2; half != 0; half /= 2) {
    for (std::size_t c = 0; c < half; ++c) acc[c] += acc[c + half];
  }
  return acc[0];
}

// A tile of 8 rows of A against 64 columns of B, 64 deep at a time. B is copied so that its columns
// lie side by side, padded with zeros to groups of 16; each chain of each row has its own
// accumulators.
template <typename T>
struct Tile {
  static constexpr std::size_t kRows = 8, kColumns = 64, kDepth = 64, kGroup = 16;
  static constexpr std::size_t kSums = 256;  // chains times padded columns, at most

  T b[kDepth * kColumns];
  T sums[kRows * kSums];
};

template <typename T>
SLIPWAY_INLINE void multiply_add_row(const T* __restrict b, T x, T* __restrict sums,
                                     std::size_t width) {
  for (std::size_t j = 0; j < width; j += Tile<T>::kGroup) {
    for (std::size_t l = 0; l < Tile<T>::kGroup; ++l) sums[j + l] = fma(x, b[j + l], sums[j + l]);
  }
}

template <typename T>
SLIPWAY_INLINE void gemm_tile(Tile<T>& tile, std::size_t k, std::size_t chains, Matrix<const T> a,
                              Matrix<const T> b, Matrix<T> c, std::size_t rows,
                              std::size_t columns) {
  const std::size_t width = (columns + Tile<T>::kGroup - 1) / Tile<T>::kGroup * Tile<T>::kGroup;
  const std::size_t row_sums = chains * width;
  std::fill(tile.sums, tile.sums + rows * row_sums, T{0});
  for (std::size_t first = 0; first < k; first += Tile<T>::kDepth) {
    const std::size_t depth = std::min(Tile<T>::kDepth, k - first);
    for (std::size_t p = 0; p < depth; ++p) {
      T* row = tile.b + p * width;
      for (std::size_t j = 0; j < columns; ++j) row[j] = b.at(first + p, j);
      std::fill(row + columns, row + width, T{0});
    }
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t p = 0; p < depth; ++p) {
        const std::size_t chain = (first + p) & (chains - 1);
        multiply_add_row(tile.b + p * width, a.at(i, first + p),
                         tile.sums + i * row_sums + chain * width, width);
      }
    }
  }
  for (std::size_t i = 0; i < rows; ++i) {
    T* sums = tile.sums + i * row_sums;
    for (std::size_t half = row_sums / 2; half >= width; half /= 2) {
      for (std::size_t j = 0; j < half; ++j) sums[j] += sums[j + half];
    }
    for (std::size_t j = 0; j < columns; ++j) c.at(i, j) = sums[j];
  }
}

template <typename T>
SLIPWAY_INLINE void gemm_in_chains(std::size_t m, std::size_t n, std::size_t k, std::size_t chains,
                                   Matrix<const T> a, Matrix<const T> b, Matrix<T> c) {
  if (k == 0) {
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) c.at(i, j) = T{0};
    }
    return;
  }
  if (n < Tile<T>::kGroup) {
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        c.at(i, j) =
            dot_in_chains(&a.at(i, 0), a.column_stride, &b.at(0, j), b.row_stride, k, chains);
      }
    }
    return;
  }
  const std::size_t columns = std::min(Tile<T>::kColumns, Tile<T>::kSums / chains);
  Tile<T> tile;
  for (std::size_t j = 0; j < n; j += columns) {
    const Matrix<const T> b_part = {&b.at(0, j), b.row_stride, b.column_stride};
    for (std::size_t i = 0; i < m; i += Tile<T>::kRows) {
      const Matrix<const T> a_part = {&a.at(i, 0), a.row_stride, a.column_stride};
      const Matrix<T> c_part = {&c.at(i, j), c.row_stride, c.column_stride};
      gemm_tile(tile, k, chains, a_part, b_part, c_part, std::min(Tile<T>::kRows, m - i),
                std::min(columns, n - j));
    }
  }
}

template <typename T>
SLIPWAY_INLINE void multiply_add(T x, const T* b, std::ptrdiff_t b_stride, T* __restrict acc,
                                 std::size_t n) {
  constexpr std::size_t kGroup = Tile<T>::kGroup;
  std::size_t j = 0;
  if (b_stride == 1) {
    for (; j + kGroup <= n; j += kGroup) {
      for (std::size_t l = 0; l < kGroup; ++l) acc[j + l] = fma(x, b[j + l], acc[j + l]);
    }
  }
  for (; j < n; ++j) acc[j] = fma(x, b[static_cast<std::ptrdiff_t>(j) * b_stride], acc[j]);
}

}  // namespace core

#define SLIPWAY_PRODUCTS(T)                                                                       \
  SLIPWAY_DEFINE_FUSED(T, dot_in_chains,                                                          \
                       (const T* a, std::ptrdiff_t a_stride, const T* b, std::ptrdiff_t b_stride, \
                        std::size_t k, std::size_t chains),                                       \
                       core::dot_in_chains, (a, a_stride, b, b_stride, k, chains))                \
  SLIPWAY_DEFINE_FUSED(void, gemm_in_chains,                                                      \
                       (std::size_t m, std::size_t n, std::size_t k, std::size_t chains,          \
                        Matrix<const T> a, Matrix<const T> b, Matrix<T> c),                       \
                       core::gemm_in_chains, (m, n, k, chains, a, b, c))                          \
  T dot(const T* a, std::ptrdiff_t a_stride, const T* b, std::ptrdiff_t b_stride, std::size_t k,  \
        std::size_t n_outputs) {                                                                  \
    return dot_in_chains(a, a_stride, b, b_stride, k, chain_count(n_outputs, k));                 \
  }                                                                                               \
  void gemm(std::size_t m, std::size_t n, std::size_t k, Matrix<const T> a, Matrix<const T> b,    \
            Matrix<T> c) {                                                                        \
    gemm_in_chains(m, n, k, chain_count(n, k), a, b, c);                                          \
  }                                                                                               \
  SLIPWAY_DEFINE_FUSED(void, multiply_add,                                                        \
                       (T x, const T* b, std::ptrdiff_t b_stride, T* acc, std::size_t n),         \
                       core::multiply_add, (x, b, b_stride, acc, n))

SLIPWAY_PRODUCTS(float)
SLIPWAY_PRODUCTS(double)

}  // namespace slipway::numeric
