// Where bundles lie in a repository: what a publisher writes, and a device looks for.
//
//   NAME/VERSION/manifest.json   a target of its own: what is signed is its hash
//   objects/ab/ab12...           no target: bound by the hash that the manifest states
//   deltas/ab/ab12...-from-cd34... no target: makes the object ab12... of cd34..., or is of no use
//
// Which versions there are is told by the paths that are signed, by nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/version.h"
#include "trust/metadata.h"

namespace slipway::updater {

struct BundleName {
  std::string name;
  Version version;
};

std::string manifest_path(std::string_view name, std::string_view version);
// Nothing for the path of anything else.
std::optional<BundleName> bundle_of(std::string_view path);

// Below the folder of targets, for the 64 digits of a SHA-256.
std::string object_path(std::string_view sha256);
std::string delta_path(std::string_view old_sha256, std::string_view new_sha256);

// By name, then by version, the oldest first.
std::vector<BundleName> bundles_of(const trust::Targets& targets);

// Of one name, the oldest first: the last is the newest, pre-releases included.
std::vector<Version> versions_of(const trust::Targets& targets, std::string_view name);

}  // namespace slipway::updater
