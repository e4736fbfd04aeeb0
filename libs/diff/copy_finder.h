// Where a piece of the new file stood in the old one, wherever it has moved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace slipway::diff {

struct Found {
  std::uint64_t old_offset = 0;
  std::uint64_t new_offset = 0;
  std::uint64_t bytes = 0;
};

class CopyFinder {
 public:
  // Reads all of `was`, up to 64 MB of memory, unless only what has not moved is to be found.
  CopyFinder(std::span<const std::byte> was, bool finds_moved);

  // The first piece from `start` on that is worth a copy and lies before `end`. `expected`: the old
  // offset of what stands at `start` if nothing has moved; pieces there are found when they are
  // shorter than others.
  std::optional<Found> next(std::span<const std::byte> is, std::uint64_t start, std::uint64_t end,
                            std::uint64_t expected) const;

 private:
  std::optional<Found> look_up(std::span<const std::byte> is, std::uint64_t at, std::uint64_t start,
                               std::uint64_t end, std::uint64_t hash) const;
  Found grow(std::span<const std::byte> is, std::uint64_t old_offset, std::uint64_t at,
             std::uint64_t start, std::uint64_t end) const;

  std::span<const std::byte> was_;
  std::uint64_t step_ = 0;            // every so many bytes a window is known
  std::vector<std::uint32_t> slots_;  // the number of a window and 1, by its hash
};

}  // namespace slipway::diff
