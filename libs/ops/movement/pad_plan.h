// Pad: which element of the input each element of the output takes, axis by axis.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ops/node_view.h"

namespace slipway {

enum class PadMode : std::uint8_t { kConstant, kReflect, kEdge, kWrap };

// The attribute `mode`.
Result<PadMode> read_pad_mode(const NodeView& view);

// Elements added before and after each axis; negative: removed.
struct PadMargins {
  std::vector<std::int64_t> before, after;
};

// Pads as a model states them, before and after each of the axes, or of all.
Result<PadMargins> spread_pads(const NodeView& view, const std::vector<std::int64_t>& pads,
                               const std::optional<std::vector<std::int64_t>>& axes,
                               std::size_t rank);

// The index of the element that stands at each of the `padded` positions of an axis; -1: the
// constant. Elements are removed first; what is left is continued.
Result<std::vector<std::int64_t>> pad_map(const NodeView& view, PadMode mode, std::int64_t extent,
                                          std::int64_t before, std::int64_t after,
                                          std::int64_t padded);

}  // namespace slipway
