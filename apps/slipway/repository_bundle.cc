#include "repository_bundle.h"

#include <algorithm>
#include <chrono>

#include "base/str.h"
#include "cli/text.h"
#include "console.h"
#include "delivery/delivery.h"
#include "disk/disk.h"
#include "fetch_options.h"
#include "publish/expiry.h"

namespace slipway {
namespace {

trust::Seconds now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Result<trust::Seconds> parse_grace(const Arguments& arguments) {
  constexpr std::string_view kOption = "--offline-grace";
  if (!arguments.has(kOption)) return trust::Seconds{0};
  const trust::Seconds grace = TRY(publish::parse_lifetime(kOption, arguments.value(kOption)));
  if (grace <= updater::kMostGrace) return grace;
  return Error{Code::kUsage, str(kOption, " is at most ", updater::kMostGrace / trust::kDay,
                                 "d: what expired longer ago vouches for nothing")};
}

}  // namespace

// What is tried twice is told once.
void TrustedRepository::take_note(updater::Event event, std::string_view text) {
  if (std::ranges::find(notes_, text, &TrustNote::text) != notes_.end()) return;
  say(text);
  if (event == updater::Event::kClock) notes_.push_back({"clock", std::string(text)});
  if (event == updater::Event::kGrace) notes_.push_back({"grace", std::string(text)});
}

Status TrustedRepository::refresh(const std::string& folder, const std::string& url,
                                  trust::Seconds grace) {
  const auto begin = [&] {
    updater::Policy policy;
    policy.offline_grace = grace;
    updater_ = std::make_unique<updater::Updater>(
        updater::Kept(disk::real_disk(), folder), *fetcher_, url, now(), policy,
        [this](updater::Event event, std::string_view text) { take_note(event, text); });
  };
  begin();
  Status fresh = updater_->refresh();
  if (fresh.ok()) return fresh;
  const updater::Answer answer = updater_->answer();
  const bool may_be_kept =
      answer == updater::Answer::kExpired || answer == updater::Answer::kUnreachable;
  if (grace == 0 || !may_be_kept) return fresh;
  begin();
  const Status kept = updater_->open_offline();
  if (!kept.ok()) {
    return Error{fresh.error().code, str(fresh.error().message,
                                         "; nor does what this device keeps serve, even with "
                                         "--offline-grace: ",
                                         kept.error().message)};
  }
  if (updater_->answer() == updater::Answer::kFresh)
    say(str(fresh.error().message, "; what this device keeps has not expired and serves"));
  return {};
}

Status expect_repository_options(const Arguments& arguments) {
  if (arguments.value("--metadata-dir").empty()) {
    return Error{Code::kUsage,
                 "--repository needs --metadata-dir DIR, where this device keeps what it trusts "
                 "(slipway-tuf --metadata-dir DIR init root.json begins it)"};
  }
  TRY(parse_grace(arguments));
  TRY(parse_http(arguments));
  return {};
}

Result<std::unique_ptr<TrustedRepository>> TrustedRepository::open(const Arguments& arguments) {
  TRY(expect_repository_options(arguments));
  std::unique_ptr<TrustedRepository> repository(new TrustedRepository());
  const trust::Seconds grace = TRY(parse_grace(arguments));
  std::string url = arguments.value("--repository");
  if (!url.ends_with('/')) url += '/';
  repository->fetching_.http = TRY(parse_http(arguments));
  repository->fetcher_ = fetch::make_fetcher(repository->fetching_);
  repository->files_url_ = url + "targets";
  TRY(repository->refresh(arguments.value("--metadata-dir"), url + "metadata", grace));
  return repository;
}

Result<TrustedRepository::Opened> TrustedRepository::open_bundle(const std::string& name,
                                                                 const std::string& version) {
  Opened opened;
  opened.fetcher = fetch::make_fetcher(fetching_);
  opened.source = TRY(delivery::open_bundle(*updater_, *opened.fetcher, files_url_, name, version));
  return opened;
}

Result<RepositoryBundle> open_repository_bundle(const Arguments& arguments, const std::string& name,
                                                const std::string& version) {
  const auto repository = TRY(TrustedRepository::open(arguments));
  TrustedRepository::Opened opened = TRY(repository->open_bundle(name, version));
  RepositoryBundle bundle;
  bundle.fetcher = std::move(opened.fetcher);
  bundle.source = std::move(opened.source);
  bundle.files_url = repository->files_url();
  bundle.notes = repository->notes();
  return bundle;
}

Status RepairVersions::connect() {
  if (!failure_.empty()) return Error{Code::kIo, "nothing can be had from the repository"};
  if (repository_ != nullptr) return {};
  Result<std::unique_ptr<TrustedRepository>> opened = TrustedRepository::open(*arguments_);
  if (!opened.ok()) {
    failure_ = opened.error().message;
    return connect();
  }
  for (const TrustNote& note : (*opened)->notes()) TRY(note_(note));
  repository_ = *std::move(opened);
  return {};
}

Result<bundle::Source*> RepairVersions::open(const std::string& name, const std::string& version) {
  TRY(connect());
  Result<TrustedRepository::Opened> opened = repository_->open_bundle(name, version);
  if (!opened.ok() && opened.error().code == Code::kNotFound) {
    return Error{
        Code::kNotFound,
        str("the repository has ", name, " ", version,
            " no more: take it from its file, --repair BUNDLE, or activate another version "
            "and prune this one")};
  }
  if (!opened.ok()) return opened.error();
  opened_.push_back(std::move(opened).value());
  return opened_.back().source.get();
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
