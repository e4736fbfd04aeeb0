// Files that nobody but their owner may read.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace slipway::publish {

// A new file, mode 0600, on disk with its name when this returns. kUsage where the name is taken.
Status write_private_file(const std::filesystem::path& path, std::string_view content);

// Mode 0700; fine where it is there.
Status make_private_folder(const std::filesystem::path& path);

Status sync_folder(const std::filesystem::path& path);

// Whether group or others may read it.
Result<bool> is_open_to_others(const std::filesystem::path& path);

}  // namespace slipway::publish
