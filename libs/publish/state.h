// What a repository's folder holds, verified.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "disk/disk.h"
#include "trust/metadata.h"

namespace slipway::publish {

struct State {
  trust::Root root;  // the newest
  std::string root_text;
  bool is_published = false;  // else there is nothing but roots, and what follows is empty
  trust::Timestamp timestamp;
  trust::Snapshot snapshot;
  trust::Targets targets;
};

// Trust begins with `trusted_root`, or, where that is empty, with the oldest root that is there.
// Expiry plays no part. What is below root may still be signed by the root before the newest: a
// rotation after the loss of a key, interrupted. kNotFound where there is no root, kInvalid for
// what the root did not sign, kUnsupported for a repository without consistent snapshots.
Result<State> read_state(disk::Disk& disk, const disk::Path& folder, std::string_view trusted_root);

// "3.root.json" is 3; 0: no root's name.
std::uint64_t root_version(std::string_view name);

}  // namespace slipway::publish
