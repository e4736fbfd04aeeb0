// Which prediction fits best how a tensor's elements moved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "delta/prediction.h"

namespace slipway::diff {

// A prediction, and what a delta says of it.
struct Fit {
  delta::Prediction prediction;
  std::vector<std::int32_t> weights;  // of each rank; `left` holds products with them
  std::vector<std::int32_t> left;     // before that: [rank][rows]
  std::vector<std::int32_t> right;    // [rank][columns]
  double gained_bits = 0;             // expected: what it saves less what it takes
};

// A piece of a tensor, old and new: of the same elements.
struct Piece {
  delta::Element element = delta::Element::kF32;
  std::span<const std::byte> was;
  std::span<const std::byte> is;
};

// How much a factor for each row would save, with the rows as `matrix` says.
Fit fit_scales(const Piece& piece, const delta::Matrix& matrix);

// Adds a product of thin matrices to the scales, or nothing where it would take more than it saves.
Fit fit_factors(const Piece& piece, Fit scaled, std::size_t most_rank = 48);

}  // namespace slipway::diff
