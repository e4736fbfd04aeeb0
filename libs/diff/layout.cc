#include "diff/layout.h"

#include <algorithm>
#include <cstring>

namespace slipway::diff {
namespace {

// Less than this is found by zstd, without an index over all of the old file.
constexpr std::uint64_t kLeastIndexed = std::uint64_t{1} << 15;

std::uint64_t bytes_between(std::span<const Member> members, std::span<const MemberMatch> matches,
                            std::uint64_t all) {
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (std::size_t j = 0; j < members[i].tensors.size(); ++j) {
      if (matches[i].tensors[j].has_value()) all -= members[i].tensors[j].bytes;
    }
  }
  return all;
}

}  // namespace

Layout::Layout(std::span<const std::byte> was, std::span<const std::byte> is)
    : was_(was),
      is_(is),
      before_(find_members(was)),
      now_(find_members(is)),
      matches_(match_members(before_, now_)),
      finder_(was, bytes_between(now_, matches_, is.size()) >= kLeastIndexed) {}

std::size_t Layout::tensors() const {
  std::size_t count = 0;
  for (const Member& member : now_) count += member.tensors.size();
  return count;
}

std::size_t Layout::tensors_added() const {
  std::size_t count = 0;
  for (const MemberMatch& match : matches_) {
    count += static_cast<std::size_t>(
        std::ranges::count_if(match.tensors, [](const auto& old) { return !old.has_value(); }));
  }
  return count;
}

bool Layout::is_same(std::uint64_t old_offset, std::uint64_t new_offset,
                     std::uint64_t bytes) const {
  return std::memcmp(was_.data() + old_offset, is_.data() + new_offset,
                     static_cast<std::size_t>(bytes)) == 0;
}

Status Layout::visit_gap(std::uint64_t start, std::uint64_t end, std::uint64_t expected,
                         const std::function<Status(const Part&)>& use) const {
  while (start < end) {
    const std::optional<Found> found = finder_.next(is_, start, end, expected);
    const std::uint64_t other_end = found.has_value() ? found->new_offset : end;
    if (other_end > start) {
      TRY(use({Part::Kind::kOther, start, other_end - start, expected, nullptr}));
    }
    if (!found.has_value()) break;
    TRY(use({Part::Kind::kSame, found->new_offset, found->bytes, found->old_offset, nullptr}));
    start = found->new_offset + found->bytes;
    expected = found->old_offset + found->bytes;
  }
  return {};
}

Status Layout::visit_member(std::size_t number, std::uint64_t& expected,
                            const std::function<Status(const Part&)>& use) const {
  const Member& member = now_[number];
  const MemberMatch& match = matches_[number];
  std::uint64_t at = member.offset;
  if (match.member.has_value()) expected = before_[*match.member].offset;
  for (std::size_t i = 0; i < member.tensors.size(); ++i) {
    if (!match.tensors[i].has_value()) continue;  // part of the gap
    const Region& is = member.tensors[i];
    const Region& was = before_[*match.member].tensors[*match.tensors[i]];
    TRY(visit_gap(at, is.offset, expected, use));
    const bool same = is_same(was.offset, is.offset, is.bytes);
    TRY(use({same ? Part::Kind::kSame : Part::Kind::kTensor, is.offset, is.bytes, was.offset,
             same ? nullptr : &is}));
    at = is.offset + is.bytes;
    expected = was.offset + was.bytes;
  }
  const std::uint64_t end = member.offset + member.bytes;
  TRY(visit_gap(at, end, expected, use));
  expected += end - at;
  return {};
}

Status Layout::each_part(const std::function<Status(const Part&)>& use) const {
  std::uint64_t at = 0;
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < now_.size(); ++i) {
    TRY(visit_gap(at, now_[i].offset, expected, use));
    TRY(visit_member(i, expected, use));
    at = now_[i].offset + now_[i].bytes;
  }
  return visit_gap(at, is_.size(), expected, use);
}

}  // namespace slipway::diff
