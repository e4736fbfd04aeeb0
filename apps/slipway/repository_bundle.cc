#include "repository_bundle.h"

#include <chrono>

#include "base/str.h"
#include "cli/text.h"
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
  opened.files_url = url + "targets";
  opened.source =
      TRY(delivery::open_bundle(*opened.updater, *opened.fetcher, opened.files_url, name, version));
  return opened;
}

void use_deltas(RepositoryBundle& bundle, const std::filesystem::path& installed,
                const std::filesystem::path& scratch) {
  const auto old = bundle::open_source(installed);
  if (!old.ok()) return;  // damaged: all of the new one comes as it is
  auto remote = std::make_unique<delivery::RemoteSource>(
      bundle.source->manifest_text(), bundle.source->manifest(), *bundle.fetcher, bundle.files_url);
  auto source = std::make_unique<delivery::DeltaSource>(
      std::move(remote), *bundle.fetcher, bundle.files_url, (*old)->manifest(), installed, scratch);
  bundle.traffic = &source->traffic();
  bundle.source = std::move(source);
}

std::string traffic_text(const delivery::Traffic& traffic) {
  const auto bytes = [](std::uint64_t count) {
    return bytes_text(static_cast<std::int64_t>(count));
  };
  std::string text = str(bytes(traffic.plain_bytes), " came as they are");
  if (traffic.spared_bytes > 0) {
    text = str(bytes(traffic.delta_bytes), " came as deltas in place of ",
               bytes(traffic.spared_bytes), "; ", text);
  }
  if (traffic.useless_bytes > 0)
    text += str("; ", bytes(traffic.useless_bytes), " of deltas were good for nothing");
  return text;
}

}  // namespace slipway
