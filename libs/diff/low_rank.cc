#include "diff/low_rank.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace slipway::diff {
namespace {

constexpr int kRounds = 4;
using Vectors = std::vector<std::vector<float>>;

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

double length(std::span<const float> a) { return std::sqrt(dot(a, a)); }

// a += factor * b
void add(std::span<float> a, float factor, std::span<const float> b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += factor * b[i];
}

// Gram-Schmidt, twice, because once leaves rounding behind.
void orthonormalise(Vectors& vectors) {
  for (std::size_t k = 0; k < vectors.size(); ++k) {
    const double before = length(vectors[k]);
    for (int round = 0; round < 2; ++round) {
      for (std::size_t j = 0; j < k; ++j) {
        add(vectors[k], static_cast<float>(-dot(vectors[k], vectors[j])), vectors[j]);
      }
    }
    const double after = length(vectors[k]);
    const auto factor = static_cast<float>(after > 1e-6 * before ? 1 / after : 0);
    for (float& x : vectors[k]) x *= factor;
  }
}

// to[k] = matrix * from[k]
void multiply(std::span<const float> matrix, std::size_t columns, const Vectors& from,
              Vectors& to) {
  for (std::size_t k = 0; k < from.size(); ++k) {
    for (std::size_t row = 0; row < to[k].size(); ++row) {
      to[k][row] = static_cast<float>(dot(matrix.subspan(row * columns, columns), from[k]));
    }
  }
}

// to[k] = transposed matrix * from[k]
void multiply_transposed(std::span<const float> matrix, std::size_t columns, const Vectors& from,
                         Vectors& to) {
  for (std::size_t k = 0; k < from.size(); ++k) {
    std::ranges::fill(to[k], 0.0F);
    for (std::size_t row = 0; row < from[k].size(); ++row) {
      add(to[k], from[k][row], matrix.subspan(row * columns, columns));
    }
  }
}

Vectors random_vectors(std::size_t count, std::size_t size) {
  Vectors vectors(count, std::vector<float>(size));
  std::uint64_t state = 0x9E3779B97F4A7C15U;
  for (std::vector<float>& vector : vectors) {
    for (float& x : vector) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      x = static_cast<float>(static_cast<std::int32_t>(state >> 33U)) / 1073741824.0F - 1.0F;
    }
  }
  return vectors;
}

}  // namespace

LowRank low_rank_of(std::span<const float> matrix, std::size_t rows, std::size_t columns,
                    std::size_t rank) {
  rank = std::min({rank, rows, columns});
  Vectors right = random_vectors(rank, columns);
  Vectors left(rank, std::vector<float>(rows));
  orthonormalise(right);
  for (int round = 0; round < kRounds; ++round) {
    multiply(matrix, columns, right, left);
    orthonormalise(left);
    multiply_transposed(matrix, columns, left, right);
    if (round + 1 < kRounds) orthonormalise(right);
  }
  // left is orthonormal and right = transposed matrix * left: the best right for these left.
  std::vector<std::size_t> order(rank);
  std::iota(order.begin(), order.end(), 0);
  std::vector<double> sizes(rank);
  for (std::size_t k = 0; k < rank; ++k) sizes[k] = length(right[k]);
  std::ranges::stable_sort(order,
                           [&](std::size_t a, std::size_t b) { return sizes[a] > sizes[b]; });
  LowRank result;
  for (const std::size_t k : order) {
    if (!(sizes[k] > 0)) break;
    result.sizes.push_back(sizes[k]);
    result.left.emplace_back(left[k].begin(), left[k].end());
    std::vector<double>& unit = result.right.emplace_back(right[k].begin(), right[k].end());
    for (double& x : unit) x /= sizes[k];
  }
  return result;
}

}  // namespace slipway::diff
