#include "kernels/move/reorder.h"

#include <algorithm>
#include <cstring>

namespace slipway {

void copy_triangle(const Triangle& shape, const void* from, std::int64_t k, void* to,
                   std::size_t begin, std::size_t end) {
  const auto rows = static_cast<std::int64_t>(shape.rows);
  const auto columns = static_cast<std::int64_t>(shape.columns);
  // A diagonal further off leaves as much, and cannot overflow.
  const std::int64_t shift = std::clamp(k, -rows, columns) + (shape.is_upper ? 0 : 1);
  const std::size_t bytes = shape.columns * shape.element_bytes;
  for (std::size_t row = begin; row < end; ++row) {
    const auto* const source = static_cast<const std::byte*>(from) + row * bytes;
    auto* const target = static_cast<std::byte*>(to) + row * bytes;
    const auto at = static_cast<std::int64_t>(row % shape.rows);
    const std::int64_t column = std::clamp<std::int64_t>(at + shift, 0, columns);
    const std::size_t left = static_cast<std::size_t>(column) * shape.element_bytes;
    if (shape.is_upper) {
      std::memset(target, 0, left);
      std::memcpy(target + left, source + left, bytes - left);
    } else {
      std::memcpy(target, source, left);
      std::memset(target + left, 0, bytes - left);
    }
  }
}

std::size_t reverse_sequences(const Sequences& shape, const void* from, const std::int64_t* lengths,
                              void* to, std::size_t begin, std::size_t end) {
  const std::size_t bytes = shape.block_bytes;
  const std::size_t inner = shape.is_time_first ? shape.sequences : shape.steps;
  const std::size_t step = shape.is_time_first ? inner : 1;  // to the next in time, in blocks
  for (std::size_t i = begin; i < end; ++i) {
    const std::size_t time = shape.is_time_first ? i / inner : i % inner;
    const std::size_t sequence = shape.is_time_first ? i % inner : i / inner;
    const std::int64_t length = lengths[sequence];
    if (length < 0 || length > static_cast<std::int64_t>(shape.steps)) return sequence;
    const auto reversed = static_cast<std::size_t>(length);
    const std::size_t source = time < reversed ? reversed - 1 - time : time;
    std::memcpy(static_cast<std::byte*>(to) + i * bytes,
                static_cast<const std::byte*>(from) + (i - time * step + source * step) * bytes,
                bytes);
  }
  return kAllGood;
}

}  // namespace slipway
