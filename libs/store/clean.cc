#include "store/clean.h"

#include <algorithm>
#include <set>

#include "store/objects.h"
#include "store/versions.h"

namespace slipway::store {
namespace {

std::vector<disk::Entry> entries_in(Disk& disk, const Path& folder) {
  Result<std::vector<disk::Entry>> entries = disk.list(folder);
  return entries.ok() ? *std::move(entries) : std::vector<disk::Entry>();
}

void clean_staged(Disk& disk, const Layout& at, const Id& id) {
  const Path folder = at.staged(id);
  const Result<VersionManifest> version = read_staged(disk, at, id);
  if (!version.ok() || is_there(disk, at.version(id))) {
    remove_if_possible(disk, folder);
    return;
  }
  std::set<std::string> wanted = {std::string(bundle::kManifestName)};
  for (const bundle::FileEntry& file : version->manifest.files)
    wanted.insert(str(file.sha256, kPartSuffix));
  for (const disk::Entry& entry : entries_in(disk, folder)) {
    if (!wanted.contains(entry.name)) remove_if_possible(disk, folder / entry.name);
  }
}

void clean_staging(Disk& disk, const Layout& at) {
  const Result<std::vector<Id>> staged = staged_versions(disk, at);
  if (!staged.ok()) return;
  for (const disk::Entry& entry : entries_in(disk, at.staging())) {
    const auto found =
        std::ranges::find_if(*staged, [&](const Id& id) { return id.part() == entry.name; });
    if (found == staged->end()) {
      remove_if_possible(disk, at.staging() / entry.name);
    } else {
      clean_staged(disk, at, *found);
    }
  }
}

void clean_versions(Disk& disk, const Layout& at) {
  for (const disk::Entry& entry : entries_in(disk, at.versions())) {
    const Path folder = at.versions_of(entry.name);
    const Result<std::vector<disk::Entry>> versions = disk.list(folder);
    if (!versions.ok() || !versions->empty()) continue;
    [[maybe_unused]] const Status removed = disk.remove(folder);
  }
}

// A folder, and those in it.
Status sync_inner(Disk& disk, const Path& folder) {
  for (const disk::Entry& entry : entries_in(disk, folder)) {
    if (entry.kind == disk::Kind::kFolder) TRY(disk.sync_folder(folder / entry.name));
  }
  return disk.sync_folder(folder);
}

}  // namespace

std::uint64_t clean(Disk& disk, const Layout& at) {
  // Before what is in the trash is taken apart it must be there on disk, and nowhere else.
  if (disk.sync_folder(at.trash()).ok()) {
    for (const disk::Entry& entry : entries_in(disk, at.trash()))
      remove_if_possible(disk, at.trash() / entry.name);
  }
  clean_staging(disk, at);
  clean_versions(disk, at);
  const Result<std::uint64_t> freed = collect_objects(disk, at);
  return freed.ok() ? *freed : 0;
}

Status sync_folders(Disk& disk, const Layout& at) {
  TRY(disk.sync_folder(at.trash()));
  TRY(disk.sync_folder(at.objects()));
  TRY(sync_inner(disk, at.staging()));
  TRY(sync_inner(disk, at.active()));
  for (const disk::Entry& entry : entries_in(disk, at.versions()))
    TRY(sync_inner(disk, at.versions_of(entry.name)));
  TRY(disk.sync_folder(at.versions()));
  return disk.sync_folder(at.root);
}

}  // namespace slipway::store
