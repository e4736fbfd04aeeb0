// A bundle of a repository, opened by what this device trusts.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bundle/source.h"
#include "cli/options.h"
#include "delivery/delta_source.h"
#include "fetch/fetch.h"
#include "fetch/make_fetcher.h"
#include "updater/updater.h"

namespace slipway {

// What is to stand in the log of whoever acts by it, before they do: why the clock was not
// believed, or that what had expired was used.
struct TrustNote {
  std::string action;  // "clock" or "grace"
  std::string text;
};

// kUsage where the options that go with --repository make no sense.
Status expect_repository_options(const Arguments& arguments);

// A repository as this device trusts it: by --repository URL, --metadata-dir DIR and
// --offline-grace TIME.
class TrustedRepository {
 public:
  // Refreshes the metadata. Where that cannot be, because nobody answers or because it has expired,
  // and --offline-grace allows it, what is kept serves.
  static Result<std::unique_ptr<TrustedRepository>> open(const Arguments& arguments);

  // A version, or, where `version` is empty, the newest. Each has a connection of its own.
  struct Opened {
    std::unique_ptr<fetch::Fetcher> fetcher;
    std::unique_ptr<delivery::RemoteSource> source;
  };
  Result<Opened> open_bundle(const std::string& name, const std::string& version);

  const std::vector<TrustNote>& notes() const { return notes_; }
  const std::string& files_url() const { return files_url_; }

 private:
  TrustedRepository() = default;
  Status refresh(const std::string& folder, const std::string& url, trust::Seconds grace);
  void take_note(updater::Event event, std::string_view text);

  fetch::FetcherOptions fetching_;
  std::unique_ptr<fetch::Fetcher> fetcher_;
  std::unique_ptr<updater::Updater> updater_;
  std::string files_url_;
  std::vector<TrustNote> notes_;
};

// What goes first outlives what follows.
struct RepositoryBundle {
  std::unique_ptr<fetch::Fetcher> fetcher;
  std::unique_ptr<bundle::Source> source;
  std::string files_url;
  std::vector<TrustNote> notes;
  const delivery::Traffic* traffic = nullptr;  // the source's, where it uses deltas

  bool is_remote() const { return fetcher != nullptr; }
};

Result<RepositoryBundle> open_repository_bundle(const Arguments& arguments, const std::string& name,
                                                const std::string& version);

// Versions of a repository for a repair. Nobody is asked before the first one is.
class RepairVersions {
 public:
  // `note` hears what is to stand in the log.
  RepairVersions(const Arguments& arguments, std::function<Status(const TrustNote&)> note)
      : arguments_(&arguments), note_(std::move(note)) {}

  // Lives as long as this.
  Result<bundle::Source*> open(const std::string& name, const std::string& version);
  // Why nothing at all can be had from the repository; empty where it can.
  const std::string& failure() const { return failure_; }

 private:
  Status connect();

  const Arguments* arguments_;
  std::function<Status(const TrustNote&)> note_;
  std::unique_ptr<TrustedRepository> repository_;
  std::vector<TrustedRepository::Opened> opened_;
  std::string failure_;
};

// From here on what changed comes as a delta from a version whose files lie in that folder, where
// the repository has one that is shorter. The manifest there says what is in it.
void use_deltas(RepositoryBundle& bundle, const std::filesystem::path& installed,
                const std::filesystem::path& scratch);

// "12 KiB came as deltas, in place of 640 KiB; 3 KiB as they are".
std::string traffic_text(const delivery::Traffic& traffic);

}  // namespace slipway
