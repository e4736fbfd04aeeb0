#include "updater/updater.h"

#include <algorithm>
#include <set>
#include <vector>

#include "base/str.h"

namespace slipway::updater {
namespace {

using trust::Delegate;
using trust::kRoot;
using trust::kSnapshot;
using trust::kTargets;
using trust::kTimestamp;

// A floor that is written each time wears out flash for nothing.
constexpr trust::Seconds kFloorStep = 3600;

std::uint64_t most_bytes(const trust::MetaFile& file, std::size_t otherwise) {
  constexpr std::uint64_t kMost = std::uint64_t{64} << 20;
  return file.bytes ? std::min(*file.bytes, kMost) : otherwise;
}

std::string grace_text(trust::Seconds grace) {
  if (grace % trust::kDay == 0) return str(grace / trust::kDay, " days");
  return str(grace / 3600, " hours");
}

}  // namespace

std::string_view answer_text(Answer answer) {
  switch (answer) {
    case Answer::kFresh:
      return "fresh";
    case Answer::kGrace:
      return "expired, within the grace allowed for being offline";
    case Answer::kExpired:
      return "expired";
    case Answer::kWrongClock:
      return "this device's clock is wrong";
    case Answer::kUnreachable:
      return "the repository cannot be reached";
    case Answer::kRefused:
      return "refused";
  }
  return "";
}

Updater::Updater(Kept kept, fetch::Fetcher& fetcher, std::string metadata_url, trust::Seconds clock,
                 Policy policy, Note note)
    : kept_(std::move(kept)),
      fetcher_(&fetcher),
      url_(std::move(metadata_url)),
      time_(clock),
      policy_(policy),
      note_(std::move(note)) {
  if (!url_.ends_with('/')) url_ += '/';
}

void Updater::tell(Event event, std::string_view text) const {
  if (note_) note_(event, text);
}

Status Updater::refresh() {
  const Status done = run(true, 0);
  return done.ok() ? done : fail(done.error());
}

Status Updater::open_offline() {
  Status done = run(false, 0);
  const trust::Seconds grace = std::clamp<trust::Seconds>(policy_.offline_grace, 0, kMostGrace);
  if (!done.ok() && trusted_ && !trusted_->expired().empty() && grace > 0) {
    const std::string reason = done.error().message;
    done = run(false, grace);
    if (done.ok()) {
      answer_ = Answer::kGrace;
      tell(Event::kGrace, str("offline grace used, of ", grace_text(grace), ": ", reason));
    }
  }
  return done.ok() ? done : fail(done.error());
}

Status Updater::run(bool is_online, trust::Seconds grace) {
  is_online_ = is_online;
  was_unreachable_ = false;
  answer_ = Answer::kRefused;
  TRY(start(grace));
  if (is_online) TRY(refresh_roots());
  TRY(trusted_->finish_roots());
  TRY(refresh_timestamp(is_online));
  TRY(refresh_snapshot(is_online));
  TRY(refresh_targets(is_online));
  answer_ = Answer::kFresh;
  return is_online ? finish() : Status();
}

Status Updater::start(trust::Seconds grace) {
  floor_ = TRY(kept_.floor());
  judged_ = trust::judge_clock(time_, floor_);
  if (judged_.clock == trust::Clock::kUnknown) {
    answer_ = Answer::kWrongClock;
    return Error{Code::kInvalid, trust::clock_behind_text(time_, floor_)};
  }
  if (judged_.clock == trust::Clock::kBehind) {
    tell(Event::kClock, str(trust::clock_behind_text(time_, floor_), "; going on as if it were ",
                            trust::time_text(judged_.time)));
  }
  const std::string root = TRY(kept_.read_root());
  trusted_ = TRY(trust::TrustedSet::create(root, judged_.time - grace));
  return {};
}

Result<std::string> Updater::fetch_role(std::string_view role, std::optional<std::uint64_t> version,
                                        std::uint64_t most) {
  const std::string name =
      version ? str(*version, ".", quoted(role), ".json") : str(quoted(role), ".json");
  Result<std::string> text = fetch::fetch_text(*fetcher_, url_ + name, most);
  was_unreachable_ = !text.ok() && text.error().code == Code::kIo;
  return text;
}

Status Updater::refresh_roots() {
  for (std::uint32_t count = 0; count < policy_.most_roots; ++count) {
    const std::uint64_t version = trusted_->root().version + 1;
    const Result<std::string> text = fetch_role(kRoot, version, trust::kMostRootBytes);
    if (!text.ok() && text.error().code == Code::kNotFound) return {};
    if (!text.ok()) return text.error();
    TRY(trusted_->update_root(*text));
    TRY(kept_.keep(kRoot, *text));
    tell(Event::kAccepted, str("root version ", version, " accepted"));
  }
  return {};
}

Status Updater::refresh_timestamp(bool is_online) {
  if (const std::optional<std::string> kept = kept_.read(kTimestamp)) {
    const Result<bool> taken = trusted_->update_timestamp(*kept);
    if (!taken.ok() && !is_online) return taken.error();
  } else if (!is_online) {
    return Error{Code::kNotFound, "this device has never reached its repository: nothing is kept"};
  }
  if (!is_online) return {};
  const std::string text = TRY(fetch_role(kTimestamp, std::nullopt, trust::kMostTimestampBytes));
  if (!TRY(trusted_->update_timestamp(text))) return {};
  TRY(kept_.keep(kTimestamp, text));
  tell(Event::kAccepted, str("timestamp version ", trusted_->timestamp().version, " accepted"));
  return {};
}

Status Updater::refresh_snapshot(bool is_online) {
  Status taken = Error{Code::kNotFound, "no snapshot is kept"};
  if (const std::optional<std::string> kept = kept_.read(kSnapshot)) {
    taken = trusted_->update_snapshot(*kept, trust::TrustedSet::Source::kKept);
  }
  if (taken.ok() || !is_online) return taken;
  const trust::MetaFile& file = trusted_->timestamp().snapshot;
  const auto version = trusted_->root().is_consistent ? std::optional(file.version) : std::nullopt;
  const std::string text =
      TRY(fetch_role(kSnapshot, version, most_bytes(file, trust::kMostSnapshotBytes)));
  TRY(trusted_->update_snapshot(text, trust::TrustedSet::Source::kRepository));
  TRY(kept_.keep(kSnapshot, text));
  tell(Event::kAccepted, str("snapshot version ", file.version, " accepted"));
  return {};
}

Status Updater::refresh_targets(bool is_online) {
  const std::string role(kTargets);
  Status taken = Error{Code::kNotFound, "no targets are kept"};
  if (const std::optional<std::string> kept = kept_.read(role)) {
    taken = trusted_->update_top_targets(*kept);
  }
  if (taken.ok() || !is_online) return taken;
  const trust::MetaFile* const file = trusted_->targets_file(role);
  if (file == nullptr) return Error{Code::kInternal, "snapshot names targets"};
  const auto version = trusted_->root().is_consistent ? std::optional(file->version) : std::nullopt;
  const std::string text =
      TRY(fetch_role(role, version, most_bytes(*file, trust::kMostTargetsBytes)));
  TRY(trusted_->update_top_targets(text));
  TRY(kept_.keep(role, text));
  tell(Event::kAccepted, str("targets version ", file->version, " accepted"));
  return {};
}

Status Updater::finish() {
  if (judged_.clock != trust::Clock::kPlausible) return {};
  if (floor_ && time_ - *floor_ < kFloorStep) return {};
  return kept_.raise_floor(time_);
}

// Says which of the answers an error is; a clock that is ahead makes everything look expired.
Status Updater::fail(const Error& error) {
  if (answer_ == Answer::kWrongClock) return error;
  answer_ = was_unreachable_ ? Answer::kUnreachable : Answer::kRefused;
  if (!trusted_ || trusted_->expired().empty()) return error;
  answer_ = Answer::kExpired;
  if (judged_.clock == trust::Clock::kPlausible &&
      trust::is_clock_ahead(time_, floor_, trusted_->expired_since())) {
    answer_ = Answer::kWrongClock;
    return Error{error.code, str(trust::clock_ahead_text(time_, floor_, trusted_->expired_since()),
                                 " (", error.message, ")")};
  }
  return Error{error.code,
               str(error.message,
                   ": whoever runs the repository has to sign it anew (slipway refresh-timestamp, "
                   "slipway publish)")};
}

Status Updater::load_targets(const std::string& delegator, const Delegate& delegate) {
  if (TRY(trusted_->has_targets(delegator, delegate))) return {};
  const trust::MetaFile* const file = trusted_->targets_file(delegate.name);
  if (file == nullptr) {
    return Error{Code::kInvalid, str("snapshot names no version of the role ",
                                     shorten(delegate.name, 80), ": nothing of it is trusted")};
  }
  if (const std::optional<std::string> kept = kept_.read(delegate.name)) {
    const Status taken = trusted_->update_targets(*kept, delegator, delegate);
    if (taken.ok()) return {};
  }
  if (!is_online_)
    return Error{Code::kNotFound, str("the role ", shorten(delegate.name, 80), " is not kept")};
  const auto version = trusted_->root().is_consistent ? std::optional(file->version) : std::nullopt;
  const std::string text =
      TRY(fetch_role(delegate.name, version, most_bytes(*file, trust::kMostTargetsBytes)));
  TRY(trusted_->update_targets(text, delegator, delegate));
  TRY(kept_.keep(delegate.name, text));
  tell(Event::kAccepted, str(shorten(delegate.name, 80), " version ", file->version, " accepted"));
  return {};
}

// Depth first, in the order of the delegations; a terminating one ends the search with its own.
Result<Found> Updater::find(std::string_view path) {
  struct Step {
    std::string delegator;
    Delegate role;
  };
  if (!trusted_ || (answer_ != Answer::kFresh && answer_ != Answer::kGrace))
    return Error{Code::kUsage, "files are found once the metadata is fresh: refresh first"};
  std::vector<Step> open;
  open.push_back({{}, {std::string(kTargets), {}, false}});
  std::set<std::string> visited;
  while (!open.empty() && visited.size() <= policy_.most_delegations) {
    const Step step = std::move(open.back());
    open.pop_back();
    if (visited.contains(step.role.name)) continue;
    if (!step.delegator.empty()) TRY(load_targets(step.delegator, step.role));
    visited.insert(step.role.name);
    const trust::Targets& targets = *trusted_->targets(step.role.name);
    const auto found = targets.files.find(std::string(path));
    if (found != targets.files.end()) return Found{std::string(path), found->second};
    std::vector<Delegate> next = trust::delegates_of(targets, path);
    if (!next.empty() && next.back().is_terminating) open.clear();
    for (auto delegate = next.rbegin(); delegate != next.rend(); ++delegate)
      open.push_back({step.role.name, std::move(*delegate)});
  }
  return Error{Code::kNotFound, str("no role of the repository names ", shorten(path))};
}

}  // namespace slipway::updater
