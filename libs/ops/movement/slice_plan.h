// Slice: which elements of an axis it picks.
#pragma once

#include <cstdint>

namespace slipway {

// What is cut along one axis: `count` elements from `start`, `step` apart.
struct Cut {
  std::int64_t start = 0;
  std::int64_t count = 0;
  std::int64_t step = 1;
};

// Of start, end and step as a model states them. Negative positions count from the end; then both
// are clamped into the axis.
Cut clamp_cut(std::int64_t extent, std::int64_t start, std::int64_t end, std::int64_t step);

}  // namespace slipway
