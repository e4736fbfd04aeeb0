#include "diff/copy_finder.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace slipway::diff {
namespace {

constexpr std::size_t kWindow = 32;
// A copy in a small gap saves zstd's header; in a large one it would cut what is better coded as a
// whole: zstd finds shorter ones in its prefix, and elements of which many stay cost next to
// nothing.
constexpr std::uint64_t kLargeGap = std::uint64_t{1} << 16;
constexpr std::uint64_t kLeastInSmall = 24;
constexpr std::uint64_t kLeastInLarge = 1024;
constexpr std::uint64_t kLeastMoved = 256;
constexpr std::uint64_t kMostWindows = std::uint64_t{1} << 23;
constexpr std::uint64_t kMultiplier = 0x9E3779B97F4A7C15U;

std::uint64_t value_at(std::span<const std::byte> bytes, std::uint64_t i) {
  return static_cast<std::uint64_t>(bytes[static_cast<std::size_t>(i)]) + 1;
}

constexpr std::uint64_t power(std::size_t exponent) {
  std::uint64_t result = 1;
  for (std::size_t i = 0; i < exponent; ++i) result *= kMultiplier;
  return result;
}
constexpr std::uint64_t kOldest = power(kWindow - 1);

// A polynomial over the window, so that it can roll.
std::uint64_t hash_of(std::span<const std::byte> bytes, std::uint64_t at) {
  std::uint64_t hash = 0;
  for (std::uint64_t i = 0; i < kWindow; ++i) hash = hash * kMultiplier + value_at(bytes, at + i);
  return hash;
}

std::uint64_t rolled(std::uint64_t hash, std::span<const std::byte> bytes, std::uint64_t at) {
  return (hash - value_at(bytes, at) * kOldest) * kMultiplier + value_at(bytes, at + kWindow);
}

std::size_t slot_of(std::uint64_t hash, std::size_t slots) {
  hash ^= hash >> 29U;
  return static_cast<std::size_t>((hash * kMultiplier) >>
                                  (64U - static_cast<unsigned>(std::countr_zero(slots))));
}

}  // namespace

CopyFinder::CopyFinder(std::span<const std::byte> was, bool finds_moved) : was_(was) {
  if (!finds_moved || was.size() < kWindow) return;
  step_ = std::max<std::uint64_t>(16, was.size() / kMostWindows + 1);
  const std::uint64_t windows = (was.size() - kWindow) / step_ + 1;
  slots_.assign(std::max<std::size_t>(std::bit_ceil(static_cast<std::size_t>(windows) * 2), 2), 0);
  for (std::uint64_t i = 0; i < windows; ++i) {
    std::uint32_t& slot = slots_[slot_of(hash_of(was, i * step_), slots_.size())];
    if (slot == 0) slot = static_cast<std::uint32_t>(i + 1);  // of many alike, the first
  }
}

Found CopyFinder::grow(std::span<const std::byte> is, std::uint64_t old_offset, std::uint64_t at,
                       std::uint64_t start, std::uint64_t end) const {
  Found found{old_offset, at, 0};
  const std::uint64_t most = std::min<std::uint64_t>(end - at, was_.size() - old_offset);
  const std::span<const std::byte> a =
      was_.subspan(static_cast<std::size_t>(old_offset), static_cast<std::size_t>(most));
  const std::span<const std::byte> b =
      is.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(most));
  found.bytes = static_cast<std::uint64_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  while (found.new_offset > start && found.old_offset > 0 &&
         is[static_cast<std::size_t>(found.new_offset - 1)] ==
             was_[static_cast<std::size_t>(found.old_offset - 1)]) {
    --found.new_offset;
    --found.old_offset;
    ++found.bytes;
  }
  return found;
}

std::optional<Found> CopyFinder::look_up(std::span<const std::byte> is, std::uint64_t at,
                                         std::uint64_t start, std::uint64_t end,
                                         std::uint64_t hash) const {
  const std::uint32_t slot = slots_[slot_of(hash, slots_.size())];
  if (slot == 0) return std::nullopt;
  const std::uint64_t old_offset = (slot - 1) * step_;
  if (std::memcmp(was_.data() + old_offset, is.data() + at, kWindow) != 0) return std::nullopt;
  return grow(is, old_offset, at, start, end);
}

std::optional<Found> CopyFinder::next(std::span<const std::byte> is, std::uint64_t start,
                                      std::uint64_t end, std::uint64_t expected) const {
  const bool is_large = end - start > kLargeGap;
  const std::uint64_t least = std::min(is_large ? kLeastInLarge : kLeastInSmall, end - start);
  std::uint64_t hash = 0;
  bool has_hash = false;
  for (std::uint64_t at = start; at < end; ++at) {
    const std::uint64_t there = expected + (at - start);
    if (at + least <= end && there + least <= was_.size() &&
        std::memcmp(was_.data() + there, is.data() + at, static_cast<std::size_t>(least)) == 0) {
      return grow(is, there, at, start, end);
    }
    if (slots_.empty() || at + kWindow > end) continue;
    hash = has_hash ? rolled(hash, is, at - 1) : hash_of(is, at);
    has_hash = true;
    const std::optional<Found> found = look_up(is, at, start, end, hash);
    if (found.has_value() && found->bytes >= (is_large ? kLeastMoved : kWindow)) return found;
  }
  return std::nullopt;
}

}  // namespace slipway::diff
