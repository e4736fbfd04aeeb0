// Names of targets, and the files that hold them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "disk/disk.h"

namespace slipway::publish {

// kUsage unless it is a relative path that means the same to every server and file system: parts
// with one '/' between them, none empty, "." or "..", none beginning with '.', of printable ASCII
// without \ : * ? " < > | % and #. "objects/" and "deltas/" are not for targets.
Status check_target_path(std::string_view path);

// "boat/HASH.model" for "boat/model".
disk::Path payload_path(std::string_view path, std::string_view sha256);

}  // namespace slipway::publish
