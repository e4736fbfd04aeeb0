// From the name of a bundle to what a store can install: through the metadata that was found fresh.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/version.h"
#include "bundle/source.h"
#include "fetch/fetch.h"
#include "updater/updater.h"

namespace slipway::delivery {

// What the signed metadata calls the manifest of a version: "autopilot/1.2.0/manifest.json".
std::string manifest_path(std::string_view name, std::string_view version);

// The versions of a name that the top role of targets names, oldest first.
std::vector<Version> versions_of(const trust::Targets& targets, std::string_view name);

// Of a version, or, where `version` is empty, of the newest one: a release before any pre-release.
// `updater` has refreshed, or been opened offline. kNotFound where there is none; kInvalid where
// the manifest is not what was signed, or is of another name or version than its path. The fetcher
// outlives the source.
Result<std::unique_ptr<bundle::Source>> open_bundle(updater::Updater& updater,
                                                    fetch::Fetcher& fetcher,
                                                    std::string_view files_url,
                                                    std::string_view name,
                                                    std::string_view version);

}  // namespace slipway::delivery
