#include "store/repair.h"

#include <map>
#include <set>

#include "store/versions.h"

namespace slipway::store {
namespace {

// In the staging folder, whose strays are removed when a store is opened.
constexpr std::string_view kRelinked = "relinked";
constexpr std::string_view kReplacement = "replacement";

}  // namespace

Status relink(Disk& disk, const Layout& at, std::string_view sha256, const Path& path) {
  const Path temporary = at.staging() / kRelinked;
  TRY(remove_tree(disk, temporary));
  TRY(disk.link(at.object(sha256), temporary));
  const Status renamed = disk.rename(temporary, path);
  if (!renamed.ok()) remove_if_possible(disk, temporary);
  TRY(renamed);
  return disk.sync_folder(disk::folder_of(path));
}

Status relink_all(Disk& disk, const Layout& at, const std::vector<bundle::FileEntry>& objects) {
  std::map<std::string_view, std::uint64_t> ids;
  for (const bundle::FileEntry& object : objects)
    ids[object.sha256] = TRY(disk.look(at.object(object.sha256))).id;
  std::set<Path> folders;
  for (const Id& id : TRY(installed_versions(disk, at))) {
    const Result<VersionManifest> version = read_version(disk, at, id);
    if (!version.ok()) continue;
    for (const bundle::FileEntry& file : version->manifest.files) {
      const auto object = ids.find(file.sha256);
      if (object == ids.end()) continue;
      const Path path = file_path(at, id, file.path);
      const Result<disk::Entry> entry = disk.look(path);
      if (!entry.ok() || entry->id != object->second) TRY(relink(disk, at, file.sha256, path));
      folders.insert(disk::folder_of(path));
    }
  }
  // What an interrupted call put in place may be in memory alone.
  for (const Path& folder : folders) TRY(disk.sync_folder(folder));
  return {};
}

Status replace_object(Disk& disk, const Layout& at, bundle::Source& source,
                      const bundle::FileEntry& file, const Bytes& progress) {
  const Path part = at.staging() / kReplacement;
  const auto receive = [&]() -> Status {
    TRY(disk.create(part));
    TRY(disk.reserve(part, file.bytes));
    TRY(receive_object(disk, source, file, part, progress));
    return disk.rename(part, at.object(file.sha256));
  };
  const Status received = receive();
  if (!received.ok()) remove_if_possible(disk, part);
  TRY(received);
  return disk.sync_folder(at.objects());
}

}  // namespace slipway::store
