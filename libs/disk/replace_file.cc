#include "disk/disk.h"

namespace slipway::disk {
namespace {

Status write_synced(Disk& disk, const Path& path, std::string_view content) {
  const std::unique_ptr<File> file = TRY(disk.create(path));
  TRY(file->write(content));
  return file->sync();
}

}  // namespace

Status replace_file(Disk& disk, const Path& path, std::string_view content) {
  Path temporary = path;
  temporary += ".new";
  Status done = write_synced(disk, temporary, content);
  if (done.ok()) done = disk.rename(temporary, path);
  if (!done.ok()) {
    // The first failure is what went wrong; what cannot be removed is replaced by the next call.
    [[maybe_unused]] const Status removed = disk.remove(temporary);
    return done;
  }
  return disk.sync_folder(folder_of(path));
}

}  // namespace slipway::disk
