#include "diff/members.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "bundle/layout.h"
#include "diff/match.h"
#include "digest/digest.h"

namespace slipway::diff {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kMostCompared = 64;  // models that one without a path of old is compared with

// Where a bundle's objects lie; empty for what is none to the byte.
std::vector<Member> find_objects(Bytes file) {
  const Result<bundle::Header> header =
      bundle::parse_header(file.first(std::min(file.size(), bundle::kHeaderBytes)));
  if (!header.ok() || header->manifest_bytes > file.size() - bundle::kHeaderBytes) return {};
  const Bytes bytes = file.subspan(bundle::kHeaderBytes, header->manifest_bytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (sha256(text) != header->manifest_sha256) return {};
  const Result<bundle::Manifest> manifest = bundle::parse_manifest(text);
  if (!manifest.ok()) return {};
  const bundle::Layout layout = bundle::layout_of(*manifest, text.size());
  if (layout.end != file.size()) return {};
  std::map<std::uint64_t, Member> by_offset;
  for (const bundle::FileEntry& entry : manifest->files) {
    if (entry.bytes == 0) continue;
    const std::uint64_t offset = layout.offsets.find(entry.sha256)->second;
    Member& member = by_offset[offset];
    member.offset = offset;
    member.bytes = entry.bytes;
    member.paths.push_back(entry.path);
  }
  std::vector<Member> members;
  for (auto& [offset, member] : by_offset) members.push_back(std::move(member));
  return members;
}

std::size_t count_matches(const MemberMatch& match) {
  return static_cast<std::size_t>(
      std::ranges::count_if(match.tensors, [](const auto& tensor) { return tensor.has_value(); }));
}

MemberMatch most_alike(std::span<const Member> was, const Member& is) {
  MemberMatch best;
  best.tensors.resize(is.tensors.size());
  std::size_t compared = 0;
  for (std::size_t i = 0; i < was.size() && compared < kMostCompared; ++i) {
    if (was[i].tensors.empty() || is.tensors.empty()) continue;
    ++compared;
    MemberMatch match{i, match_regions(was[i].tensors, is.tensors)};
    if (count_matches(match) > count_matches(best)) best = std::move(match);
  }
  return best;
}

}  // namespace

std::vector<Member> find_members(Bytes file) {
  std::vector<Member> members = find_objects(file);
  if (members.empty()) members.push_back({0, file.size(), {}, {}});
  for (Member& member : members) {
    member.tensors = find_regions(file.subspan(static_cast<std::size_t>(member.offset),
                                               static_cast<std::size_t>(member.bytes)));
    for (Region& tensor : member.tensors) tensor.offset += member.offset;
  }
  return members;
}

std::vector<MemberMatch> match_members(std::span<const Member> was, std::span<const Member> is) {
  std::map<std::string_view, std::size_t> by_path;
  for (std::size_t i = 0; i < was.size(); ++i) {
    for (const std::string& path : was[i].paths) by_path.emplace(path, i);
  }
  const bool are_files = was.size() == 1 && is.size() == 1;
  std::vector<MemberMatch> matches;
  for (const Member& member : is) {
    const auto path = std::ranges::find_if(
        member.paths, [&](const std::string& own) { return by_path.contains(own); });
    if (path == member.paths.end() && !are_files) {
      matches.push_back(most_alike(was, member));
      continue;
    }
    const std::size_t old = are_files ? 0 : by_path.find(*path)->second;
    matches.push_back({old, match_regions(was[old].tensors, member.tensors)});
  }
  return matches;
}

}  // namespace slipway::diff
