// Objects that were exchanged, and the files of versions that are names of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bundle/source.h"
#include "store/layout.h"
#include "store/objects.h"

namespace slipway::store {

// Makes the path of a version a name of the object; a file that had it loses it. Its folder is
// there. On disk when it returns.
Status relink(Disk& disk, const Layout& at, std::string_view sha256, const Path& path);

// The same for every path of every installed version that should be one of these objects, which are
// whole, and is another file.
Status relink_all(Disk& disk, const Layout& at, const std::vector<bundle::FileEntry>& objects);

// Gets an object anew from the source, in place of what is there of it.
Status replace_object(Disk& disk, const Layout& at, bundle::Source& source,
                      const bundle::FileEntry& file, const Bytes& progress);

}  // namespace slipway::store
