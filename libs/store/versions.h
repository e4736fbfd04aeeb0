// What versions a store's disk holds, and what they need of it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "bundle/manifest.h"
#include "store/layout.h"

namespace slipway::store {

// Folders of the disk that could be versions, by name and then by precedence. What else lies there
// is left out.
Result<std::vector<Id>> installed_versions(Disk& disk, const Layout& at);
Result<std::vector<Id>> staged_versions(Disk& disk, const Layout& at);
Result<std::vector<std::string>> active_names(Disk& disk, const Layout& at);

bool is_there(Disk& disk, const Path& path);

struct VersionManifest {
  bundle::Manifest manifest;
  std::string text;
  std::string sha256;
};

// Of an installed version: the very bytes that were installed, else kInvalid; kNotFound when the
// version is not there.
Result<VersionManifest> read_version(Disk& disk, const Layout& at, const Id& id);
// Of a staged one: it is well-formed and of that name and version.
Result<VersionManifest> read_staged(Disk& disk, const Layout& at, const Id& id);

Path bundle_folder(const Layout& at, const Id& id);
Path file_path(const Layout& at, const Id& id, std::string_view path);

// The folders that the bundle's files lie in, each before what is in it; without the bundle's own.
std::vector<Path> inner_folders(const bundle::Manifest& manifest);

// Hashes of all files that versions, installed or staged, are made of.
struct Needed {
  std::set<std::string, std::less<>> objects;
  bool is_all = true;  // false: a manifest cannot be read, so there may be others
};
Result<Needed> needed_objects(Disk& disk, const Layout& at);

// Removes objects that nothing needs; none while a manifest cannot be read. How many bytes they
// had.
Result<std::uint64_t> collect_objects(Disk& disk, const Layout& at);

}  // namespace slipway::store
