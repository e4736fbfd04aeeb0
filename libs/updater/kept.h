// The metadata that a device keeps: one file for each role, exactly as the repository sent it, and
// the floor of its clock (trust/clock.h).
//
//   root.json timestamp.json snapshot.json targets.json, and others by their percent-encoded name
//   clock      a time; absent until metadata was fresh once
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "disk/disk.h"
#include "trust/time.h"

namespace slipway::updater {

// A role's or a path's name as one part of a path or a URL: all but letters, digits and "-._~" as
// %XX. Names too long for a file are their hash.
std::string quoted(std::string_view name);
std::string file_name(std::string_view name, std::string_view ending);

class Kept {
 public:
  Kept(disk::Disk& disk, disk::Path folder)
      : disk_(&disk), folder_(folder.has_filename() ? std::move(folder) : folder.parent_path()) {}

  // Makes `root` what all trust begins with. kUsage where there is one already, kInvalid for a root
  // that its own keys did not sign.
  Status begin(std::string_view root);

  // What is kept of a role; nothing where there is none, or where it cannot be read.
  std::optional<std::string> read(std::string_view role) const;
  Result<std::string> read_root() const;
  // On disk, whole, when it returns.
  Status keep(std::string_view role, std::string_view text);

  // A floor that cannot be read is an error: without it an old clock could not be told.
  Result<std::optional<trust::Seconds>> floor() const;
  Status raise_floor(trust::Seconds time);

  const disk::Path& folder() const { return folder_; }

 private:
  disk::Disk* disk_;
  disk::Path folder_;
};

}  // namespace slipway::updater
