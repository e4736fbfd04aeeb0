// How a tensor's elements may lie, where its file does not say: found by what fits.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "delta/prediction.h"
#include "diff/fit.h"

namespace slipway::diff {

// The type that makes the difference small, or nothing where bytes are as good as any.
delta::Element guess_element(std::span<const std::byte> was, std::span<const std::byte> is);

// The one whose rows, judged by the first elements, moved together most. `extents`: those of the
// tensor, or (`is_packed`) any that its rows may have.
std::optional<delta::Matrix> choose_matrix(const Piece& piece,
                                           std::span<const std::uint64_t> extents, bool is_packed);

}  // namespace slipway::diff
