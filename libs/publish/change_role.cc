#include "publish/change_role.h"

#include <algorithm>

#include "base/str.h"
#include "publish/cosign.h"
#include "publish/signers.h"

namespace slipway::publish {
namespace {

constexpr std::size_t kShownDigits = 16;

std::string keys_text(std::size_t count) { return str(count, count == 1 ? " key" : " keys"); }

// The same key may have two ids: PEM can be written in more than one way.
Status expect_unnamed(const trust::Root& present, std::string_view role,
                      const trust::KeyText& key) {
  const std::string identity = TRY(trust::PublicKey::parse(key)).identity();
  for (const auto& [name, keys] : present.roles) {
    for (const std::string& id : keys.keyids) {
      const Result<trust::PublicKey> named = trust::PublicKey::parse(present.keys.at(id));
      if (!named.ok() || named->identity() != identity) continue;
      if (name == role) {
        return Error{Code::kUsage, str("root version ", present.version, " names that key, ",
                                       id.substr(0, kShownDigits), ", for ", role,
                                       " already: there is nothing to add")};
      }
      return Error{Code::kUsage, str("that key, ", id.substr(0, kShownDigits), ", is one of ", name,
                                     ": whoever stole it would speak for both; make one for ", role,
                                     " alone, slipway keys make ", role, " DIR")};
    }
  }
  return {};
}

}  // namespace

Result<trust::Root> with_key(const trust::Root& present, std::string_view role,
                             const trust::KeyText& key, trust::Seconds expires) {
  TRY(expect_unnamed(present, role, key));
  const std::size_t count = present.roles.at(std::string(role)).keyids.size();
  if (count >= kMostKeysOfRole) {
    return Error{Code::kUsage,
                 str(role, " has ", keys_text(count),
                     ", and more are not taken: remove one first, slipway keys remove ", role)};
  }
  trust::Root next = next_root(present, expires);
  give_role(next, role, key);
  return next;
}

Result<trust::Root> without_key(const trust::Root& present, std::string_view role,
                                const std::string& id, trust::Seconds expires) {
  const trust::RoleKeys& keys = present.roles.at(std::string(role));
  if (std::ranges::find(keys.keyids, id) == keys.keyids.end()) {
    return Error{Code::kUsage,
                 str("root version ", present.version, " does not name the key ",
                     shorten(id, kShownDigits), " for ", role, ": there is nothing to remove")};
  }
  if (keys.keyids.size() <= keys.threshold) {
    const std::string way_out =
        keys.threshold > 1 ? str("slipway keys threshold ", role, " ", keys.threshold - 1, ", or ")
                           : std::string();
    return Error{Code::kUsage,
                 str(role, " takes ", keys.threshold, " of its ", keys_text(keys.keyids.size()),
                     ", and with one less nothing could be signed as ", role, " any more: first ",
                     way_out, "slipway keys add another; slipway keys rotate replaces a key")};
  }
  trust::Root next = next_root(present, expires);
  take_role(next, role, id);
  return next;
}

Result<trust::Root> with_threshold(const trust::Root& present, std::string_view role,
                                   std::size_t threshold, trust::Seconds expires) {
  const trust::RoleKeys& keys = present.roles.at(std::string(role));
  if (threshold == keys.threshold) {
    return Error{Code::kUsage,
                 str(role, " takes ", threshold, " of its ", keys_text(keys.keyids.size()),
                     " already: there is nothing to change")};
  }
  if (threshold == 0)
    return Error{Code::kUsage, str("a threshold of 0 would let anybody sign as ", role)};
  if (threshold > keys.keyids.size()) {
    return Error{Code::kUsage,
                 str(role, " has ", keys_text(keys.keyids.size()), ", and ", threshold,
                     " of them could never sign: add keys first, slipway keys add ", role)};
  }
  trust::Root next = next_root(present, expires);
  next.roles[std::string(role)].threshold = threshold;
  return next;
}

}  // namespace slipway::publish
