// The bytes of a packed forest: a header, then sections aligned to 64 bytes in the order below.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/trees/forest.h"

namespace slipway::forest_layout {

struct Header {
  std::uint32_t version;
  std::uint32_t node_count;
  std::uint32_t tree_count;
  std::uint32_t vote_count;
  std::uint32_t targets;
  std::uint32_t columns;
  std::uint32_t aggregate;
  std::uint32_t flags;
  std::uint32_t reserved[8];
};
static_assert(sizeof(Header) == 64);
static_assert(sizeof(PackedForest::SmallNode) == 8 && sizeof(PackedForest::LargeNode) == 16);

inline constexpr std::uint32_t kVersion = 2;
inline constexpr std::uint32_t kIsDouble = 1;
inline constexpr std::uint32_t kIsLarge = 2;
inline constexpr std::uint32_t kIsOneVote = 4;
inline constexpr std::uint32_t kKeepsMissing = 8;
inline constexpr std::uint32_t kAllFlags = 15;

// More are not packed, and scratch stays within reason.
inline constexpr std::uint32_t kMaxColumns = 1U << 24;
inline constexpr std::uint32_t kMaxTargets = 1U << 24;

constexpr std::uint64_t round_up(std::uint64_t bytes) { return (bytes + 63) / 64 * 64; }

// Offsets of the sections in bytes.
struct Sections {
  std::uint64_t nodes, trees, values, first_vote, vote_target, vote_weight, end;
};

constexpr Sections sections_of(const Header& h) {
  const std::uint64_t real_bytes = (h.flags & kIsDouble) != 0 ? 8 : 4;
  const std::uint64_t node_bytes = (h.flags & kIsLarge) != 0 ? 16 : 8;
  const bool is_one_vote = (h.flags & kIsOneVote) != 0;
  Sections s{};
  s.nodes = sizeof(Header);
  s.trees = s.nodes + round_up(h.node_count * node_bytes);
  s.values = s.trees + round_up(h.tree_count * std::uint64_t{8});
  s.first_vote = s.values + (is_one_vote ? round_up(h.node_count * real_bytes) : 0);
  s.vote_target =
      s.first_vote + (is_one_vote ? 0 : round_up((h.node_count + std::uint64_t{1}) * 4));
  s.vote_weight = s.vote_target + (is_one_vote ? 0 : round_up(h.vote_count * std::uint64_t{4}));
  s.end = s.vote_weight + (is_one_vote ? 0 : round_up(h.vote_count * real_bytes));
  return s;
}

// Keys lie in the order of the floats; both zeros have one key, and every other key is that of one
// float. kBelowAll and kAboveAll are nobody's.
inline constexpr std::uint32_t kBelowAll = 0;
inline constexpr std::uint32_t kAboveAll = UINT32_MAX;

// Of a number; NaN has some key beyond the infinities.
inline std::uint32_t key_of(float x) {
  const auto bits = std::bit_cast<std::int32_t>(x + 0.0F);
  return static_cast<std::uint32_t>(bits ^ ((bits >> 31) & INT32_MAX)) ^ 0x80000000U;
}

}  // namespace slipway::forest_layout
