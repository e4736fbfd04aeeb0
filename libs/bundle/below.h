// Files below a folder, reached and made without following a link on the way: whatever lies there,
// nothing outside of the folder is read or written.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace slipway::bundle {

class Below {
 public:
  // An existing folder; the last part of its path may be a link.
  static Result<Below> open(const std::filesystem::path& folder);

  // `path` is as check_path() has it. A regular file, else kInvalid; kNotFound where there is none.
  Result<OpenFile> open_file(const std::string& path) const;
  // A new file, and the folders that lead to it. kIo where something is there already, or where a
  // folder on the way is not one.
  Result<Descriptor> create_file(const std::string& path) const;
  // Everything that was made, with the folders, is on disk; of the files themselves their owner
  // has seen to it.
  Status sync_folders(const std::vector<std::string>& paths) const;

 private:
  Below(Descriptor root, std::filesystem::path folder)
      : root_(std::move(root)), folder_(std::move(folder)) {}
  Result<Descriptor> parent_of(const std::string& path, bool makes_folders) const;
  std::string shown(const std::string& path) const { return (folder_ / path).string(); }

  Descriptor root_;
  std::filesystem::path folder_;
};

}  // namespace slipway::bundle
