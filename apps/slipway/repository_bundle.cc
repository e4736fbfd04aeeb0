#include "repository_bundle.h"

#include <chrono>

#include "base/str.h"
#include "console.h"
#include "delivery/delivery.h"
#include "disk/disk.h"
#include "fetch/make_fetcher.h"
#include "fetch_options.h"

namespace slipway {
namespace {

trust::Seconds now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Result<RepositoryBundle> open_repository_bundle(const Arguments& arguments, const std::string& name,
                                                const std::string& version) {
  const std::string folder = arguments.value("--metadata-dir");
  if (folder.empty()) {
    return Error{Code::kUsage,
                 "--repository needs --metadata-dir DIR, where this device keeps what it trusts "
                 "(slipway-tuf --metadata-dir DIR init root.json begins it)"};
  }
  std::string url = arguments.value("--repository");
  if (!url.ends_with('/')) url += '/';
  fetch::FetcherOptions options;
  options.http = TRY(parse_http(arguments));
  RepositoryBundle opened;
  opened.fetcher = fetch::make_fetcher(std::move(options));
  opened.updater = std::make_unique<updater::Updater>(
      updater::Kept(disk::real_disk(), folder), *opened.fetcher, url + "metadata", now(),
      updater::Policy(), [](std::string_view line) { say(line); });
  TRY(opened.updater->refresh());
  opened.source =
      TRY(delivery::open_bundle(*opened.updater, *opened.fetcher, url + "targets", name, version));
  return opened;
}

}  // namespace slipway
