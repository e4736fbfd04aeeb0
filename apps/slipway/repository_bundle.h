// A bundle of a repository, opened by what this device trusts.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "bundle/source.h"
#include "cli/options.h"
#include "delivery/delta_source.h"
#include "fetch/fetch.h"
#include "updater/updater.h"

namespace slipway {

// What goes first outlives what follows.
struct RepositoryBundle {
  std::unique_ptr<fetch::Fetcher> fetcher;
  std::unique_ptr<updater::Updater> updater;
  std::unique_ptr<bundle::Source> source;
  std::string files_url;
  const delivery::Traffic* traffic = nullptr;  // the source's, where it uses deltas
};

// By --repository URL and --metadata-dir DIR: refreshes the metadata, then finds the version, or
// the newest where `version` is empty.
Result<RepositoryBundle> open_repository_bundle(const Arguments& arguments, const std::string& name,
                                                const std::string& version);

// From here on what changed comes as a delta from a version whose files lie in that folder, where
// the repository has one that is shorter. The manifest there says what is in it.
void use_deltas(RepositoryBundle& bundle, const std::filesystem::path& installed,
                const std::filesystem::path& scratch);

// "12 KiB came as deltas, in place of 640 KiB; 3 KiB as they are".
std::string traffic_text(const delivery::Traffic& traffic);

}  // namespace slipway
