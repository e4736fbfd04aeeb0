#include "publish/state.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <vector>

#include "base/str.h"
#include "trust/trusted_set.h"

namespace slipway::publish {
namespace {

constexpr std::size_t kMostMetadataBytes = std::size_t{64} << 20;
// No expiry is before it.
constexpr trust::Seconds kBeforeAll = 0;

std::string root_name(std::uint64_t version) { return str(version, ".root.json"); }

Error no_repository(const disk::Path& folder) {
  return {Code::kNotFound,
          str(folder.native(), " holds no repository: metadata/ has no root. ",
              "slipway publish FILE --to ", folder.native(), " --keys DIR begins one")};
}

Result<std::string> first_root(disk::Disk& disk, const disk::Path& folder) {
  const Result<std::vector<disk::Entry>> entries = disk.list(folder / "metadata");
  if (!entries.ok() && entries.error().code == Code::kNotFound) return no_repository(folder);
  if (!entries.ok()) return entries.error();
  std::uint64_t oldest = 0;
  for (const disk::Entry& entry : *entries) {
    const std::uint64_t version = root_version(entry.name);
    if (version > 0 && (oldest == 0 || version < oldest)) oldest = version;
  }
  if (oldest == 0) return no_repository(folder);
  return disk.read(folder / "metadata" / root_name(oldest), trust::kMostRootBytes);
}

// The same root as the folder has it: else the folder is another repository's.
Status expect_same_root(disk::Disk& disk, const disk::Path& folder, std::string_view trusted) {
  const trust::Root root = TRY(trust::parse_root(trusted));
  const Result<std::string> there =
      disk.read(folder / "metadata" / root_name(root.version), trust::kMostRootBytes);
  if (!there.ok() && there.error().code == Code::kNotFound) {
    if (!disk.look(folder / "metadata").ok()) return no_repository(folder);
    return Error{Code::kInvalid,
                 str(folder.native(), " has no root of version ", root.version,
                     ", which the keys' folder holds: it is another repository, or an old copy")};
  }
  if (!there.ok()) return there.error();
  const Result<trust::Root> same = trust::parse_root(*there);
  if (same.ok() && same->bytes == root.bytes) return {};
  return Error{Code::kInvalid, str(folder.native(),
                                   " has another root than the keys' folder holds: these keys are "
                                   "another repository's, or the folder was tampered with")};
}

// Roots in turn, from the trusted one to the newest.
Result<std::vector<std::string>> read_roots(disk::Disk& disk, const disk::Path& folder,
                                            std::string_view trusted_root) {
  std::vector<std::string> roots;
  if (trusted_root.empty()) {
    roots.push_back(TRY(first_root(disk, folder)));
  } else {
    TRY(expect_same_root(disk, folder, trusted_root));
    roots.emplace_back(trusted_root);
  }
  std::uint64_t version = TRY(trust::parse_root(roots[0])).version;
  while (true) {
    Result<std::string> next =
        disk.read(folder / "metadata" / root_name(++version), trust::kMostRootBytes);
    if (!next.ok() && next.error().code == Code::kNotFound) return roots;
    if (!next.ok()) return next.error();
    roots.push_back(std::move(next).value());
  }
}

Result<trust::TrustedSet> follow(std::span<const std::string> roots) {
  trust::TrustedSet trusted = TRY(trust::TrustedSet::create(roots[0], kBeforeAll));
  for (const std::string& root : roots.subspan(1)) TRY(trusted.update_root(root));
  TRY(trusted.finish_roots());
  return trusted;
}

Status read_roles(disk::Disk& disk, const disk::Path& folder, std::string_view timestamp,
                  trust::TrustedSet& trusted) {
  TRY(trusted.update_timestamp(timestamp));
  const std::string snapshot = TRY(
      disk.read(folder / "metadata" / str(trusted.timestamp().snapshot.version, ".snapshot.json"),
                kMostMetadataBytes));
  TRY(trusted.update_snapshot(snapshot, trust::TrustedSet::Source::kRepository));
  const trust::MetaFile* const file = trusted.targets_file(std::string(trust::kTargets));
  if (file == nullptr) return Error{Code::kInternal, "snapshot names targets"};
  const std::string targets =
      TRY(disk.read(folder / "metadata" / str(file->version, ".targets.json"), kMostMetadataBytes));
  return trusted.update_top_targets(targets);
}

}  // namespace

std::uint64_t root_version(std::string_view name) {
  std::uint64_t version = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), version);
  if (error != std::errc() || name.substr(end - name.data()) != ".root.json") return 0;
  return root_name(version) == name ? version : 0;
}

Result<State> read_state(disk::Disk& disk, const disk::Path& folder,
                         std::string_view trusted_root) {
  const std::vector<std::string> roots = TRY(read_roots(disk, folder, trusted_root));
  trust::TrustedSet trusted = TRY(follow(roots));
  State state;
  state.root = trusted.root();
  state.root_text = roots.back();
  if (!state.root.is_consistent) {
    return Error{
        Code::kUnsupported,
        str(folder.native(),
            " has consistent_snapshot false: its files change while they are read. slipway "
            "publishes to repositories with consistent snapshots alone")};
  }
  const Result<std::string> timestamp =
      disk.read(folder / "metadata" / "timestamp.json", trust::kMostTimestampBytes);
  if (!timestamp.ok() && timestamp.error().code == Code::kNotFound) return state;
  if (!timestamp.ok()) return timestamp.error();
  Status read = read_roles(disk, folder, *timestamp, trusted);
  if (!read.ok() && roots.size() > 1) {
    trusted = TRY(follow(std::span(roots).first(roots.size() - 1)));
    if (read_roles(disk, folder, *timestamp, trusted).ok()) read = {};
  }
  if (!read.ok()) return Error{read.error().code, str(folder.native(), ": ", read.error().message)};
  state.is_published = true;
  state.timestamp = trusted.timestamp();
  state.snapshot = trusted.snapshot();
  state.targets = *trusted.targets(std::string(trust::kTargets));
  return state;
}

}  // namespace slipway::publish
