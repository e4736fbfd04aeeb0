#include <algorithm>

#include "base/str.h"
#include "publish/cosign.h"
#include "publish/expiry.h"
#include "publish/repository.h"
#include "trust/signatures.h"
#include "trust/write.h"

namespace slipway::publish {
namespace {

// Whether the keys are enough to sign a role and those above it.
bool can_sign(std::string_view from, const Signers& signers, const trust::Root& root) {
  const std::string_view roles[] = {trust::kTargets, trust::kSnapshot, trust::kTimestamp};
  return std::all_of(std::ranges::find(roles, from), std::end(roles), [&](std::string_view role) {
    const auto keys = signers.find(role);
    return keys != signers.end() && are_enough(keys->second, root.roles.at(std::string(role)));
  });
}

}  // namespace

Result<std::string> Repository::sign_root(const trust::Root& root, const Keys& signers) const {
  std::string text = TRY(trust::write(root, signers));
  const trust::Root written = TRY(trust::parse_root(text));
  const Standing standing = standing_of(written, state_.root);
  if (standing.is_enough()) return text;
  return Error{Code::kUsage,
               str("the new root would be ", standing_text(standing, written, state_.root),
                   ": bring the key files of root together, or let each holder sign "
                   "on a machine of their own: --draft FILE")};
}

Status Repository::write_root(const trust::Root& root, const std::string& text) {
  return disk::replace_file(*disk_, metadata(str(root.version, ".root.json")), text);
}

Status Repository::renew_root(const Signers& signers, trust::Seconds now,
                              const Lifetimes& lifetimes) {
  TRY(check_clock(now));
  const trust::Root next = next_root(state_.root, now + lifetimes.root);
  const auto keys = signers.find(trust::kRoot);
  const std::string text = TRY(sign_root(next, keys == signers.end() ? Keys() : keys->second));
  TRY(write_root(next, text));
  return read_again();
}

Status Repository::rotate(std::string_view role, const std::string& old_id,
                          const trust::PrivateKey& key, const Signers& signers, trust::Seconds now,
                          const Lifetimes& lifetimes) {
  TRY(check_clock(now));
  const std::vector<std::string>& named = state_.root.roles.at(std::string(role)).keyids;
  if (std::ranges::find(named, old_id) == named.end()) {
    return Error{Code::kUsage, str("the root does not name the key ", shorten(old_id, 16), " for ",
                                   role, ": there is nothing to replace")};
  }
  const trust::Root next = next_root(state_.root, role, old_id, key, now + lifetimes.root);
  Signers with_new = signers;
  with_new[std::string(role)].push_back(key);
  const std::string text = TRY(sign_root(next, with_new[std::string(trust::kRoot)]));
  if (role == trust::kRoot || !state_.is_published) {
    TRY(write_root(next, text));
    return read_again();
  }
  // Signed by the old key and by the new one, what the role says is good under either root.
  const auto old = signers.find(role);
  const bool has_old =
      old != signers.end() && are_enough(old->second, state_.root.roles.at(std::string(role)));
  if (has_old) {
    TRY(sign_from(role, with_new, now, lifetimes));
    TRY(write_root(next, text));
    return read_again();
  }
  TRY(write_root(next, text));
  TRY(read_again());
  return sign_from(role, with_new, now, lifetimes);
}

std::string_view Repository::first_to_sign(const trust::Root& next) const {
  if (!state_.is_published) return {};
  const std::pair<std::string_view, const trust::Signed*> published[] = {
      {trust::kTargets, &state_.targets},
      {trust::kSnapshot, &state_.snapshot},
      {trust::kTimestamp, &state_.timestamp}};
  for (const auto& [role, file] : published) {
    const trust::RoleKeys& keys = next.roles.at(std::string(role));
    if (trust::count_signatures(*file, keys, next.keys) < keys.threshold) return role;
  }
  return {};
}

Status Repository::change_root(const trust::Root& next, const Signers& signers, trust::Seconds now,
                               const Lifetimes& lifetimes) {
  const auto keys = signers.find(trust::kRoot);
  const std::string text = TRY(sign_root(next, keys == signers.end() ? Keys() : keys->second));
  return adopt_root(text, signers, now, lifetimes);
}

Status Repository::adopt_root(const std::string& text, const Signers& signers, trust::Seconds now,
                              const Lifetimes& lifetimes) {
  TRY(check_clock(now));
  const trust::Root next = TRY(trust::parse_root(text));
  if (next.bytes == state_.root.bytes) return {};  // an interrupted call published it
  TRY(expect_next(next, state_.root));
  const Standing standing = standing_of(next, state_.root);
  if (!standing.is_enough()) {
    return Error{Code::kUsage, str("root version ", next.version, " is ",
                                   standing_text(standing, next, state_.root),
                                   ": another holder has to sign it first, slipway keys sign-root "
                                   "FILE DIR")};
  }
  if (next.expires <= now) {
    return Error{Code::kUsage,
                 str("root version ", next.version, " expired at ", trust::time_text(next.expires),
                     ": no device would take what is published under it")};
  }
  const std::string_view from = first_to_sign(next);
  if (from.empty()) {
    TRY(write_root(next, text));
    return read_again();
  }
  if (!can_sign(from, signers, next)) {
    const trust::RoleKeys& keys = next.roles.at(std::string(from));
    return Error{Code::kUsage,
                 str("what is published is not signed by ", keys.threshold, " of the ",
                     keys.keyids.size(), " keys that root version ", next.version, " names for ",
                     from, ", and has to be signed anew at once: bring those keys of ", from,
                     " and of the roles above it there")};
  }
  // Signed by the old key and by the new one, what the role says is good under either root.
  if (can_sign(from, signers, state_.root)) {
    TRY(sign_from(from, signers, now, lifetimes));
    TRY(write_root(next, text));
    return read_again();
  }
  TRY(write_root(next, text));
  TRY(read_again());
  return sign_from(from, signers, now, lifetimes);
}

}  // namespace slipway::publish
