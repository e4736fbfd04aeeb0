// Deltas from versions that are published to one that is added: a device that has one of these
// fetches little. No role signs them: what they make is checked by the new object's hash.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "bundle/manifest.h"
#include "disk/disk.h"
#include "trust/metadata.h"

namespace slipway::publish {

struct Delta {
  std::string from;  // the version
  std::string path;  // in the bundle
  std::uint64_t object_bytes = 0;
  std::uint64_t plain_bytes = 0;  // of the object by zstd
  std::uint64_t planned_bytes = 0;
  std::uint64_t bytes = 0;
  bool is_kept = false;    // it is shorter than the object would be
  bool was_there = false;  // from an earlier publication
};

// For each file that changed since one of the last `most_versions` versions before this one.
// Objects of all of them are in the repository's folder. What is written is whole, and nothing
// names it before a device looks for it; on this machine's own disk.
Result<std::vector<Delta>> make_deltas(const disk::Path& folder, const trust::Targets& targets,
                                       const bundle::Manifest& manifest, std::size_t most_versions);

}  // namespace slipway::publish
