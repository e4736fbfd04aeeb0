// A bundle as a folder: its files under their paths, and the manifest.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "bundle/copy.h"
#include "bundle/source.h"

namespace slipway::bundle {

// Writes a bundle's files into a new folder, each checked by its hash, and Source::check_rest().
// The folder appears whole and on disk, or not at all; kUsage where `folder` is there already. With
// `only`, paths of files or of folders in the bundle, those alone are written, and no manifest: it
// would not be true. kUsage where one of them names nothing.
Status unpack(Source& source, const std::filesystem::path& folder,
              const std::vector<std::string>& only = {}, const Progress& progress = {});

}  // namespace slipway::bundle
