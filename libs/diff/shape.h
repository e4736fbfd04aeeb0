// How a tensor's elements may lie, where its file does not say: found by what fits.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "delta/prediction.h"
#include "diff/fit.h"
#include "diff/regions.h"

namespace slipway::diff {

// The type that makes the difference small, or nothing where bytes are as good as any.
delta::Element guess_element(std::span<const std::byte> was, std::span<const std::byte> is);

// As the region's panels lie, or else the one whose rows, judged by the first elements, moved
// together most.
std::optional<delta::Matrix> choose_matrix(const Piece& piece, const Region& region);

}  // namespace slipway::diff
