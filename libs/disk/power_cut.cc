// What a power cut leaves.
#include <algorithm>
#include <array>
#include <random>

#include "base/str.h"
#include "disk/crashing_disk.h"

namespace slipway::disk {
namespace {

// What is on disk of a file of which `synced` was, when it was read as `bytes`.
std::string after_crash(const std::string& synced, const std::string& bytes, Aftermath::Bytes form,
                        std::mt19937_64& random) {
  if (!bytes.starts_with(synced)) return synced;
  const std::size_t tail = bytes.size() - synced.size();
  const std::size_t kept =
      tail == 0 ? synced.size() : synced.size() + static_cast<std::size_t>(random() % tail);
  std::string left = bytes.substr(0, kept);
  switch (form) {
    case Aftermath::Bytes::kNone:
      return synced;
    case Aftermath::Bytes::kAll:
      return bytes;
    case Aftermath::Bytes::kPrefix:
      return left;
    case Aftermath::Bytes::kZeros:
      left.resize(bytes.size(), '\0');
      return left;
    case Aftermath::Bytes::kGarbage:
      break;
  }
  while (left.size() < bytes.size()) left += static_cast<char>(random() & 0xffU);
  return left;
}

}  // namespace

std::string Aftermath::text() const {
  constexpr std::array<std::string_view, 3> kNames = {"no names", "all names", "some names"};
  constexpr std::array<std::string_view, 5> kBytes = {"no bytes", "all bytes", "a prefix",
                                                      "a prefix and zeros", "a prefix and garbage"};
  return str(kNames.at(static_cast<std::size_t>(names)), " and ",
             kBytes.at(static_cast<std::size_t>(bytes)), " of what was not synced, seed ", seed);
}

std::span<const Aftermath> all_aftermaths() {
  static const std::vector<Aftermath> kAll = [] {
    using Names = Aftermath::Names;
    using Bytes = Aftermath::Bytes;
    constexpr std::uint64_t kSubsets = 4;
    std::vector<Aftermath> all;
    for (const Bytes bytes :
         {Bytes::kNone, Bytes::kAll, Bytes::kPrefix, Bytes::kZeros, Bytes::kGarbage}) {
      all.push_back({Names::kNone, bytes, all.size()});
      all.push_back({Names::kAll, bytes, all.size()});
      for (std::uint64_t i = 0; i < kSubsets; ++i) all.push_back({Names::kSome, bytes, all.size()});
    }
    return all;
  }();
  return kAll;
}

bool CrashingDisk::has_unsynced() const {
  // Of folders and files that are gone on disk and in memory nothing can come back.
  std::set<Id> left = reachable(/*on_disk=*/true);
  left.merge(reachable(/*on_disk=*/false));
  return std::any_of(changes_.begin(), changes_.end(),
                     [&](const Change& change) {
                       return left.contains(change.to.folder) || left.contains(change.from.folder);
                     }) ||
         std::any_of(left.begin(), left.end(),
                     [&](Id id) { return nodes_.at(id).bytes != nodes_.at(id).synced; });
}

bool CrashingDisk::Change::touches(const Place& place) const {
  return to == place || (from.folder != 0 && from == place);
}

std::size_t CrashingDisk::put_on_disk(std::size_t index) {
  const Change change = changes_[index];
  changes_.erase(changes_.begin() + static_cast<std::ptrdiff_t>(index));
  const std::size_t before = changes_.size();
  for (std::size_t i = 0; i + (before - changes_.size()) < index;) {
    const Change& earlier = changes_[i];
    const bool is_same_entry =
        earlier.touches(change.to) || (change.from.folder != 0 && earlier.touches(change.from));
    if (is_same_entry) {
      put_on_disk(i);
      i = 0;
    } else {
      ++i;
    }
  }
  if (change.from.folder != 0) nodes_.at(change.from.folder).names_synced.erase(change.from.name);
  Names& names = nodes_.at(change.to.folder).names_synced;
  if (change.id == 0) {
    names.erase(change.to.name);
  } else {
    names[change.to.name] = change.id;
  }
  return before - changes_.size() + 1;
}

std::set<CrashingDisk::Id> CrashingDisk::reachable(bool on_disk) const {
  std::set<Id> found = {kRoot};
  std::vector<Id> open = {kRoot};
  while (!open.empty()) {
    const Node& node = nodes_.at(open.back());
    open.pop_back();
    for (const auto& [name, id] : on_disk ? node.names_synced : node.names) {
      if (found.insert(id).second) open.push_back(id);
    }
  }
  return found;
}

void CrashingDisk::crash(const Aftermath& aftermath) {
  std::mt19937_64 random(aftermath.seed);
  for (std::size_t i = 0; i < changes_.size();) {
    const bool is_kept = aftermath.names == Aftermath::Names::kAll ||
                         (aftermath.names == Aftermath::Names::kSome && random() % 2 == 0);
    if (!is_kept) {
      ++i;
      continue;
    }
    i -= put_on_disk(i) - 1;
  }
  changes_.clear();
  const std::set<Id> left = reachable(/*on_disk=*/true);
  std::erase_if(nodes_, [&](const auto& each) { return !left.contains(each.first); });
  for (auto& [id, node] : nodes_) {
    node.names = node.names_synced;
    node.bytes = node.synced = after_crash(node.synced, node.bytes, aftermath.bytes, random);
    node.reserved = node.reserved_synced;
    node.is_lost = false;
  }
  start_again();
}

void CrashingDisk::kill() { start_again(); }

void CrashingDisk::start_again() {
  locks_.clear();
  ++boots_;
  effects_ = 0;
  journal_.clear();
  cut_ = fault_ = kNever;
  is_cut_ = false;
}

}  // namespace slipway::disk
