// What a device trusts of a repository, and the rules by which that changes: the detailed client
// workflow of TUF 1.0, section 5, without a disk, a network or a clock.
//
// Bytes go in, in the order root..., timestamp, snapshot, targets, roles that these delegate to;
// first those that the device had kept, then those of the repository. What is refused leaves
// everything as it was. The one who calls keeps the bytes that were accepted.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "trust/metadata.h"
#include "trust/paths.h"

namespace slipway::trust {

class TrustedSet {
 public:
  // Trust begins with a root that the device was given, or kept: it has to be signed by its own
  // keys. `now` is the time for all that follows.
  static Result<TrustedSet> create(std::string_view root, Seconds now);

  // The next version of root: signed as the one before demands, and as it demands itself. Not once
  // a timestamp is there.
  Status update_root(std::string_view text);

  // The newest root has not expired: from here on there is no other.
  Status finish_roots();

  enum class Source : bool { kKept, kRepository };

  // False where the repository's is of the version that is trusted already: that one stays.
  // A kept one that has expired is refused, and still no older one is accepted after it.
  Result<bool> update_timestamp(std::string_view text);

  // A kept one may be of an older version than the timestamp states, or have expired: nothing older
  // is accepted after it, and has_snapshot() stays false.
  Status update_snapshot(std::string_view text, Source source);

  // `delegate` as delegates_of() gives it for `delegator`, which is there.
  Status update_top_targets(std::string_view text);
  Status update_targets(std::string_view text, const std::string& delegator,
                        const Delegate& delegate);

  bool has_snapshot() const { return is_snapshot_final_; }
  // A role that is there, by this delegator's keys: one that came through another delegator is
  // checked against this one's first, and is an error where they did not sign it.
  Result<bool> has_targets(const std::string& delegator, const Delegate& delegate);

  const Root& root() const { return root_; }
  const Timestamp& timestamp() const { return *timestamp_; }
  const Snapshot& snapshot() const { return *snapshot_; }
  // Null where it is not there.
  const Targets* targets(const std::string& role) const;
  // What snapshot says of a role's file; null where it names no such file.
  const MetaFile* targets_file(const std::string& role) const;

  // The role whose expiry was the reason of the last refusal; empty: another reason, or none.
  const std::string& expired() const { return expired_; }
  Seconds expired_since() const { return expired_since_; }
  Seconds now() const { return now_; }

 private:
  TrustedSet(Root root, Seconds now) : root_(std::move(root)), now_(now) {}

  Status check_expiry(const Signed& file, std::string_view role);
  Status check_timestamp();
  Status check_snapshot();
  Status accept_targets(std::string_view text, const std::string& role, const RoleKeys& role_keys,
                        const Keys& keys);

  Root root_;
  Seconds now_;
  bool has_root_ = false;  // finish_roots() was called
  std::optional<Timestamp> timestamp_;
  std::optional<Snapshot> snapshot_;
  bool is_snapshot_final_ = false;
  std::map<std::string, Targets> targets_;
  std::set<std::pair<std::string, std::string>> checked_;  // delegator, role
  std::string expired_;
  Seconds expired_since_ = 0;
};

// kInvalid unless the text has the length and every hash that `file` states; unknown algorithms
// alone prove nothing and are refused.
Status check_content(std::string_view text, const MetaFile& file, std::string_view name);

}  // namespace slipway::trust
