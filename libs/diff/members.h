// The files within a file, each with its tensors: a bundle's objects, or the file itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "diff/regions.h"

namespace slipway::diff {

struct Member {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::vector<std::string> paths;  // in a bundle, all that have these bytes
  std::vector<Region> tensors;     // their offsets count from the beginning of the whole file
};

// In the order of their offsets, without overlaps. A file that is no bundle, or a damaged one, is
// its only member.
std::vector<Member> find_members(std::span<const std::byte> file);

// Which old member and tensors a new member's were before.
struct MemberMatch {
  std::optional<std::size_t> member;
  std::vector<std::optional<std::size_t>> tensors;  // for each new one, of the old member
};

// For each of `is`: the one with a path of its own, else of the models the one that shares most
// tensors. One of `was` may be the past of several.
std::vector<MemberMatch> match_members(std::span<const Member> was, std::span<const Member> is);

}  // namespace slipway::diff
