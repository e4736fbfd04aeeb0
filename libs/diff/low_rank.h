// The best product of two thin matrices for a large one, by subspace iteration from a fixed start.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace slipway::diff {

// Row-major [rows][columns] is nearly the sum over k of size[k] * left[k] (x) right[k], where left
// and right have length one and sizes fall.
struct LowRank {
  std::vector<double> sizes;
  std::vector<std::vector<double>> left;
  std::vector<std::vector<double>> right;
};

LowRank low_rank_of(std::span<const float> matrix, std::size_t rows, std::size_t columns,
                    std::size_t rank);

}  // namespace slipway::diff
