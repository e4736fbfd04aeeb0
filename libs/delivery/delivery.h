// From the name of a bundle to what a store can install: through the metadata that was found fresh.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/version.h"
#include "delivery/remote_source.h"
#include "fetch/fetch.h"
#include "updater/bundles.h"
#include "updater/updater.h"

namespace slipway::delivery {

using updater::manifest_path;
using updater::versions_of;

// Of a version, or, where `version` is empty, of the newest one: a release before any pre-release.
// `updater` has refreshed, or been opened offline. kNotFound where there is none; kInvalid where
// the manifest is not what was signed, or is of another name or version than its path. The fetcher
// outlives the source.
Result<std::unique_ptr<RemoteSource>> open_bundle(updater::Updater& updater,
                                                  fetch::Fetcher& fetcher,
                                                  std::string_view files_url, std::string_view name,
                                                  std::string_view version);

}  // namespace slipway::delivery
