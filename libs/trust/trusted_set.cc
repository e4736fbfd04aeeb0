#include "trust/trusted_set.h"

#include "base/str.h"
#include "digest/digest.h"
#include "trust/signatures.h"

namespace slipway::trust {
namespace {

std::string file_of(const std::string& role) { return role + ".json"; }

Error older(std::string_view role, std::uint64_t given, std::uint64_t had) {
  return {Code::kInvalid, str(role, " version ", given, " is older than version ", had,
                              ", which this device has seen: it is being replayed")};
}

}  // namespace

Status check_content(std::string_view text, const MetaFile& file, std::string_view name) {
  if (file.bytes && text.size() != *file.bytes) {
    return Error{Code::kInvalid, str(name, " has ", text.size(), " bytes, and ", *file.bytes,
                                     " are signed for: it was changed or mixed up")};
  }
  if (file.hashes.empty()) return {};
  bool is_known = false;
  for (const auto& [algorithm, hex] : file.hashes) {
    if (algorithm != "sha256" && algorithm != "sha512") continue;
    is_known = true;
    Hasher hasher(algorithm == "sha256" ? Hash::kSha256 : Hash::kSha512);
    hasher.update(text);
    if (hasher.finish() != hex) {
      return Error{Code::kInvalid, str(name, " has another ", algorithm,
                                       " than is signed for: it was changed or mixed up")};
    }
  }
  if (is_known) return {};
  return Error{Code::kInvalid, str(name,
                                   " has no hash of a kind that is known here: sha256 and "
                                   "sha512 are")};
}

Result<TrustedSet> TrustedSet::create(std::string_view text, Seconds now) {
  Root root = TRY(parse_root(text));
  TRY(check_signatures(root, root.roles.at(std::string(kRoot)), root.keys, kRoot));
  return TrustedSet(std::move(root), now);
}

Status TrustedSet::check_expiry(const Signed& file, std::string_view role) {
  expired_.clear();
  if (file.expires > now_) return {};
  expired_ = role;
  expired_since_ = file.expires;
  return Error{Code::kInvalid, str(role, " version ", file.version, " expired at ",
                                   time_text(file.expires), ", and it is ", time_text(now_))};
}

Status TrustedSet::update_root(std::string_view text) {
  if (has_root_) return Error{Code::kInternal, "root comes before the other roles"};
  Root next = TRY(parse_root(text));
  const std::string role(kRoot);
  TRY(check_signatures(next, root_.roles.at(role), root_.keys, role));
  TRY(check_signatures(next, next.roles.at(role), next.keys, role));
  if (next.version != root_.version + 1) {
    return Error{Code::kInvalid, str("root version ", next.version, " stands where version ",
                                     root_.version + 1, " has to be")};
  }
  root_ = std::move(next);
  return {};
}

Status TrustedSet::finish_roots() {
  TRY(check_expiry(root_, kRoot));
  has_root_ = true;
  return {};
}

Result<bool> TrustedSet::update_timestamp(std::string_view text) {
  if (!has_root_) return Error{Code::kInternal, "timestamp comes after root"};
  Timestamp next = TRY(parse_timestamp(text));
  TRY(check_signatures(next, root_.roles.at(std::string(kTimestamp)), root_.keys, kTimestamp));
  if (timestamp_) {
    if (next.version < timestamp_->version)
      return older(kTimestamp, next.version, timestamp_->version);
    if (next.version == timestamp_->version) return false;
    if (next.snapshot.version < timestamp_->snapshot.version) {
      return older("the snapshot that timestamp names,", next.snapshot.version,
                   timestamp_->snapshot.version);
    }
  }
  timestamp_ = std::move(next);
  TRY(check_timestamp());
  return true;
}

Status TrustedSet::check_timestamp() {
  if (!timestamp_) return Error{Code::kInternal, "snapshot comes after timestamp"};
  return check_expiry(*timestamp_, kTimestamp);
}

Status TrustedSet::update_snapshot(std::string_view text, Source source) {
  TRY(check_timestamp());
  if (source == Source::kRepository) TRY(check_content(text, timestamp_->snapshot, kSnapshot));
  Snapshot next = TRY(parse_snapshot(text));
  TRY(check_signatures(next, root_.roles.at(std::string(kSnapshot)), root_.keys, kSnapshot));
  if (snapshot_) {
    for (const auto& [name, had] : snapshot_->files) {
      const auto now = next.files.find(name);
      if (now == next.files.end()) {
        return Error{Code::kInvalid, str("snapshot version ", next.version, " has lost ",
                                         shorten(name, 80), ": roles do not vanish")};
      }
      if (now->second.version < had.version)
        return older(str("snapshot's ", shorten(name, 80), ","), now->second.version, had.version);
    }
  }
  snapshot_ = std::move(next);
  TRY(check_snapshot());
  is_snapshot_final_ = true;
  return {};
}

Status TrustedSet::check_snapshot() {
  if (!snapshot_) return Error{Code::kInternal, "targets come after snapshot"};
  TRY(check_timestamp());
  if (snapshot_->version != timestamp_->snapshot.version) {
    return Error{Code::kInvalid,
                 str("snapshot is of version ", snapshot_->version,
                     ", and timestamp names version ", timestamp_->snapshot.version)};
  }
  return check_expiry(*snapshot_, kSnapshot);
}

const MetaFile* TrustedSet::targets_file(const std::string& role) const {
  if (!snapshot_) return nullptr;
  const auto found = snapshot_->files.find(file_of(role));
  return found == snapshot_->files.end() ? nullptr : &found->second;
}

const Targets* TrustedSet::targets(const std::string& role) const {
  const auto found = targets_.find(role);
  return found == targets_.end() ? nullptr : &found->second;
}

Status TrustedSet::accept_targets(std::string_view text, const std::string& role,
                                  const RoleKeys& role_keys, const Keys& keys) {
  TRY(check_snapshot());
  const MetaFile* const file = targets_file(role);
  if (file == nullptr) {
    return Error{Code::kInvalid, str("snapshot names no version of the role ", shorten(role, 80),
                                     ": nothing of it can be trusted")};
  }
  TRY(check_content(text, *file, role));
  Targets next = TRY(parse_targets(text, role));
  TRY(check_signatures(next, role_keys, keys, role));
  if (next.version != file->version) {
    return Error{Code::kInvalid, str(role, " is of version ", next.version,
                                     ", and snapshot names version ", file->version)};
  }
  TRY(check_expiry(next, role));
  targets_[role] = std::move(next);
  return {};
}

Status TrustedSet::update_top_targets(std::string_view text) {
  const std::string role(kTargets);
  return accept_targets(text, role, root_.roles.at(role), root_.keys);
}

Status TrustedSet::update_targets(std::string_view text, const std::string& delegator,
                                  const Delegate& delegate) {
  const Targets* const from = targets(delegator);
  if (from == nullptr) return Error{Code::kInternal, "a role comes after its delegator"};
  TRY(accept_targets(text, delegate.name, delegate.keys, from->keys));
  checked_.emplace(delegator, delegate.name);
  return {};
}

Result<bool> TrustedSet::has_targets(const std::string& delegator, const Delegate& delegate) {
  const Targets* const role = targets(delegate.name);
  const Targets* const from = targets(delegator);
  if (role == nullptr || from == nullptr) return false;
  if (checked_.contains({delegator, delegate.name})) return true;
  TRY(check_signatures(*role, delegate.keys, from->keys, delegate.name));
  checked_.emplace(delegator, delegate.name);
  return true;
}

}  // namespace slipway::trust
