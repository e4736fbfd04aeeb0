#include <algorithm>

#include "base/str.h"
#include "publish/expiry.h"
#include "publish/repository.h"
#include "trust/signatures.h"
#include "trust/write.h"

namespace slipway::publish {

Result<std::string> Repository::sign_root(const trust::Root& root, const Keys& signers) const {
  std::string text = TRY(trust::write(root, signers));
  const trust::Root written = TRY(trust::parse_root(text));
  const std::string role(trust::kRoot);
  // A device demands both.
  for (const trust::Root& judge : {state_.root, root}) {
    const Status enough =
        trust::check_signatures(written, judge.roles.at(role), judge.keys, trust::kRoot);
    if (enough.ok()) continue;
    return Error{
        Code::kUsage,
        str("a new root needs ", judge.roles.at(role).threshold, " of the keys that root version ",
            judge.version,
            " names for root, and fewer are at hand: bring the key files of root together")};
  }
  return text;
}

Status Repository::write_root(const trust::Root& root, const std::string& text) {
  return disk::replace_file(*disk_, metadata(str(root.version, ".root.json")), text);
}

Status Repository::renew_root(const Signers& signers, trust::Seconds now,
                              const Lifetimes& lifetimes) {
  TRY(check_clock(now));
  trust::Root next = state_.root;
  ++next.version;
  next.expires = now + lifetimes.root;
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
  trust::Root next = state_.root;
  ++next.version;
  next.expires = now + lifetimes.root;
  take_role(next, role, old_id);
  give_role(next, role, key);
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

}  // namespace slipway::publish
