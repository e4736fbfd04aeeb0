// A bundle of a repository, opened by what this device trusts.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "bundle/source.h"
#include "cli/options.h"
#include "fetch/fetch.h"
#include "updater/updater.h"

namespace slipway {

// What goes first outlives what follows.
struct RepositoryBundle {
  std::unique_ptr<fetch::Fetcher> fetcher;
  std::unique_ptr<updater::Updater> updater;
  std::unique_ptr<bundle::Source> source;
};

// By --repository URL and --metadata-dir DIR: refreshes the metadata, then finds the version, or
// the newest where `version` is empty.
Result<RepositoryBundle> open_repository_bundle(const Arguments& arguments, const std::string& name,
                                                const std::string& version);

}  // namespace slipway
