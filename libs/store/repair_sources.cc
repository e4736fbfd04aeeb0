#include "store/repair_sources.h"

#include <algorithm>

#include "base/str.h"
#include "store/versions.h"

namespace slipway::store {
namespace {

using bundle::FileEntry;
using bundle::Manifest;
using bundle::Source;

bool names(const Manifest& manifest, const FileEntry& file) {
  return std::ranges::any_of(manifest.files, [&](const FileEntry& other) {
    return other.sha256 == file.sha256 && other.bytes == file.bytes;
  });
}

bool is_of(const Manifest& manifest, const Id& id) {
  return manifest.name == id.name && manifest.version.text() == id.version;
}

}  // namespace

const Result<Source*>& RepairSources::bundle_of(const Id& id) {
  const auto asked = asked_.find(id.part());
  if (asked != asked_.end()) return asked->second;
  const Error none{Code::kNotFound, "no source has it: name a bundle that does, with --repair"};
  return asked_.emplace(id.part(), from_.bundle_of ? from_.bundle_of(id) : Result<Source*>(none))
      .first->second;
}

Result<std::vector<Source*>> RepairSources::having(const Id& id, const FileEntry& file) {
  std::vector<Source*> found;
  for (Source* const source : from_.sources) {
    if (names(source->manifest(), file)) found.push_back(source);
  }
  if (!found.empty()) return found;
  const Result<Source*>& own = bundle_of(id);
  if (own.ok() && names((*own)->manifest(), file)) found.push_back(*own);
  if (!found.empty()) return found;
  std::vector<Id> others =
      from_.bundle_of ? TRY(installed_versions(disk_, at_)) : std::vector<Id>();
  std::ranges::reverse(others);  // the newest is the likeliest to be there still
  for (const Id& other : others) {
    const Result<VersionManifest> version = read_version(disk_, at_, other);
    if (other == id || !version.ok() || !names(version->manifest, file)) continue;
    const Result<Source*>& bundle = bundle_of(other);
    if (bundle.ok() && names((*bundle)->manifest(), file)) found.push_back(*bundle);
  }
  if (!found.empty()) return found;
  if (!own.ok()) return own.error();
  return Error{Code::kNotFound, str((*own)->where(), " is another bundle than was installed")};
}

RepairSources::OfVersion RepairSources::of(const Id& id) {
  OfVersion found;
  for (Source* const source : from_.sources) {
    if (is_of(source->manifest(), id)) found.sources.push_back(source);
  }
  if (!from_.bundle_of) return found;
  const Result<Source*>& own = bundle_of(id);
  if (!own.ok()) {
    found.reason = own.error().message;
  } else if (is_of((*own)->manifest(), id)) {
    found.sources.push_back(*own);
  }
  return found;
}

}  // namespace slipway::store
