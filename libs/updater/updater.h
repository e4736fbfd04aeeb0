// A TUF client: refreshes what a device trusts of a repository, and finds files by their path.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fetch/fetch.h"
#include "trust/clock.h"
#include "trust/trusted_set.h"
#include "updater/kept.h"

namespace slipway::updater {

// Why it failed, for a person or a program that has to decide what comes next.
enum class Answer : std::uint8_t {
  kFresh,        // it did not fail
  kGrace,        // nor here: expired, and used within the time that was allowed for that
  kExpired,      // what was signed is not good any more: the repository has to sign anew
  kWrongClock,   // this device does not know what time it is
  kUnreachable,  // the repository did not answer
  kRefused,      // it answered with what cannot be trusted, or this device's disk failed
};
std::string_view answer_text(Answer answer);

// What a note is of.
enum class Event : std::uint8_t {
  kAccepted,  // new metadata
  kClock,     // the device's clock was not believed: another time served in its place
  kGrace,     // what had expired was used
};

struct Policy {
  std::uint32_t most_roots = 256;       // new versions of root in one refresh
  std::uint32_t most_delegations = 32;  // roles that are asked for one path
  // For how long after it expired open_offline() still takes what is kept. At most kMostGrace.
  trust::Seconds offline_grace = 0;
};
inline constexpr trust::Seconds kMostGrace = 90 * trust::kDay;

struct Found {
  std::string path;
  trust::TargetFile file;
};

class Updater {
 public:
  // Hears what is worth a line in a log.
  using Note = std::function<void(Event event, std::string_view text)>;

  // `clock`: the time, which stays the same for all that this updater does. The fetcher and the
  // disk behind `kept` outlive it. `metadata_url`: where the repository's metadata is.
  Updater(Kept kept, fetch::Fetcher& fetcher, std::string metadata_url, trust::Seconds clock,
          Policy policy = {}, Note note = {});

  // Brings root, timestamp, snapshot and targets up to date. What was accepted is on disk even
  // where a later step fails; answer() tells why it did. Once for each updater.
  Status refresh();

  // Takes what is on disk alone, as long as nothing of it has expired, or within the policy's
  // grace: for a device that cannot reach its repository.
  Status open_offline();

  Answer answer() const { return answer_; }
  const trust::Judged& clock() const { return judged_; }

  // After either of the above: what a path is, by the roles that may speak for it. kNotFound where
  // none of them names it.
  Result<Found> find(std::string_view path);

  const trust::TrustedSet& trusted() const { return *trusted_; }

 private:
  Status run(bool is_online, trust::Seconds grace);
  Status start(trust::Seconds grace);
  Status refresh_roots();
  Status refresh_timestamp(bool is_online);
  Status refresh_snapshot(bool is_online);
  Status refresh_targets(bool is_online);
  Status load_targets(const std::string& delegator, const trust::Delegate& delegate);
  Result<std::string> fetch_role(std::string_view role, std::optional<std::uint64_t> version,
                                 std::uint64_t most_bytes);
  Status fail(const Error& error);
  Status finish();
  void tell(Event event, std::string_view text) const;

  Kept kept_;
  fetch::Fetcher* fetcher_;
  std::string url_;
  trust::Seconds time_;
  Policy policy_;
  Note note_;
  std::optional<trust::Seconds> floor_;
  trust::Judged judged_;
  std::optional<trust::TrustedSet> trusted_;
  Answer answer_ = Answer::kRefused;
  bool is_online_ = false;
  bool was_unreachable_ = false;
};

}  // namespace slipway::updater
