#include "diff/layout.h"

#include <algorithm>
#include <cstring>

#include "diff/match.h"

namespace slipway::diff {
namespace {

// Less than this is found by zstd, without an index over all of the old file.
constexpr std::uint64_t kLeastIndexed = std::uint64_t{1} << 15;

std::uint64_t bytes_between(std::span<const Region> tensors,
                            std::span<const std::optional<std::size_t>> matches,
                            std::uint64_t all) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (matches[i].has_value()) all -= tensors[i].bytes;
  }
  return all;
}

}  // namespace

Layout::Layout(std::span<const std::byte> was, std::span<const std::byte> is)
    : was_(was),
      is_(is),
      before_(find_regions(was)),
      now_(find_regions(is)),
      matches_(match_regions(before_, now_)),
      finder_(was, bytes_between(now_, matches_, is.size()) >= kLeastIndexed) {}

std::size_t Layout::tensors_added() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(matches_, [](const auto& match) { return !match.has_value(); }));
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

Status Layout::each_part(const std::function<Status(const Part&)>& use) const {
  std::uint64_t at = 0;
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < now_.size(); ++i) {
    if (!matches_[i].has_value()) continue;  // part of the gap
    const Region& is = now_[i];
    const Region& was = before_[*matches_[i]];
    TRY(visit_gap(at, is.offset, expected, use));
    const bool same = is_same(was.offset, is.offset, is.bytes);
    TRY(use({same ? Part::Kind::kSame : Part::Kind::kTensor, is.offset, is.bytes, was.offset,
             same ? nullptr : &is}));
    at = is.offset + is.bytes;
    expected = was.offset + was.bytes;
  }
  return visit_gap(at, is_.size(), expected, use);
}

}  // namespace slipway::diff
