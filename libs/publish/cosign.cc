#include "publish/cosign.h"

#include <algorithm>

#include "base/str.h"
#include "trust/signatures.h"
#include "trust/write.h"

namespace slipway::publish {
namespace {

constexpr std::size_t kShownDigits = 16;
const std::string kRootRole(trust::kRoot);

Signatures signatures_of(const trust::Root& next, const trust::Root& judge) {
  const trust::RoleKeys& role = judge.roles.at(kRootRole);
  return {.good = trust::count_signatures(next, role, judge.keys),
          .named = role.keyids.size(),
          .needed = static_cast<std::size_t>(role.threshold)};
}

bool names(const trust::RoleKeys& role, const std::string& id) {
  return std::ranges::find(role.keyids, id) != role.keyids.end();
}

std::string short_id(const std::string& id) { return id.substr(0, kShownDigits); }

std::string part_text(const Signatures& part, const trust::Root& judge) {
  return str(part.good, " of the ", part.needed, part.needed == 1 ? " key" : " keys",
             " that root version ", judge.version, " takes");
}

const trust::RoleKeys* role_of(const trust::Root& root, const std::string& role) {
  const auto found = root.roles.find(role);
  return found == root.roles.end() ? nullptr : &found->second;
}

// Which of the ring's files the root names for their role.
bool is_named(const KeyFile& file, const trust::Root& root) {
  const trust::RoleKeys* const role = role_of(root, file.role);
  return role != nullptr && !file.id.empty() && names(*role, file.id);
}

}  // namespace

Standing standing_of(const trust::Root& next, const trust::Root& present) {
  return {.by_present = signatures_of(next, present), .by_next = signatures_of(next, next)};
}

std::string standing_text(const Standing& standing, const trust::Root& next,
                          const trust::Root& present) {
  const std::string text = str("signed by ", part_text(standing.by_present, present));
  const bool is_same = present.roles.at(kRootRole).keyids == next.roles.at(kRootRole).keyids &&
                       standing.by_present.needed == standing.by_next.needed;
  return is_same ? text : str(text, ", and by ", part_text(standing.by_next, next));
}

Status expect_next(const trust::Root& next, const trust::Root& present) {
  if (next.version <= present.version) {
    return Error{Code::kUsage, str("root version ", next.version, " is no new one: version ",
                                   present.version, " is published already")};
  }
  if (next.version > present.version + 1) {
    return Error{Code::kUsage,
                 str("root version ", next.version, " does not follow version ", present.version,
                     ", the newest that is known here: name the repository that has those between, "
                     "--repository R")};
  }
  if (next.is_consistent && std::ranges::all_of(kRoles, [&](std::string_view role) {
        const trust::RoleKeys* const keys = role_of(next, std::string(role));
        return keys != nullptr && keys->threshold <= keys->keyids.size();
      }))
    return {};
  return Error{Code::kInvalid,
               str("root version ", next.version,
                   " has no consistent snapshots, or names fewer keys than it takes: nothing could "
                   "be published under it")};
}

std::vector<std::string> changes_of(const trust::Root& next, const trust::Root& present) {
  std::vector<std::string> lines;
  for (const auto& [role, keys] : next.roles) {
    const trust::RoleKeys* const old = role_of(present, role);
    for (const std::string& id : old == nullptr ? std::vector<std::string>() : old->keyids) {
      if (!names(keys, id)) lines.push_back(str(role, ": the key ", short_id(id), " goes"));
    }
    for (const std::string& id : keys.keyids) {
      if (old == nullptr || !names(*old, id))
        lines.push_back(str(role, ": the key ", short_id(id), " comes"));
    }
    if (old == nullptr || old->threshold != keys.threshold) {
      lines.push_back(str(role, ": takes ", keys.threshold, " of ", keys.keyids.size(), ", before ",
                          old == nullptr ? 0 : old->threshold));
    }
  }
  for (const auto& [role, keys] : present.roles) {
    if (role_of(next, role) == nullptr) lines.push_back(str(role, ": the role goes"));
  }
  // The same name, another key: nothing honest does that.
  for (const auto& [id, key] : next.keys) {
    const auto old = present.keys.find(id);
    if (old != present.keys.end() && !(old->second == key))
      lines.push_back(str("the key ", short_id(id), " is another under its old id"));
  }
  lines.push_back(str("good until ", trust::time_text(next.expires), ", before until ",
                      trust::time_text(present.expires)));
  return lines;
}

trust::Root next_root(const trust::Root& present, trust::Seconds expires) {
  trust::Root next = present;
  ++next.version;
  next.expires = expires;
  return next;
}

trust::Root next_root(const trust::Root& present, std::string_view role, const std::string& old_id,
                      const trust::PrivateKey& key, trust::Seconds expires) {
  trust::Root next = next_root(present, expires);
  take_role(next, role, old_id);
  give_role(next, role, key);
  return next;
}

Result<Keys> open_by_both(KeyRing& ring, std::string_view role, const trust::Root& present,
                          const trust::Root& next) {
  Keys keys = TRY(ring.open(role, present));
  for (trust::PrivateKey& key : TRY(ring.open(role, next))) {
    if (std::ranges::find(keys, key.id(), &trust::PrivateKey::id) == keys.end())
      keys.push_back(std::move(key));
  }
  return keys;
}

Result<std::string> cosign(std::string_view text, KeyRing& ring, const trust::Root& present) {
  const trust::Root next = TRY(trust::parse_root(text));
  const Keys keys = TRY(open_by_both(ring, trust::kRoot, present, next));
  if (keys.empty()) {
    return Error{Code::kUsage, str(ring.folder().native(), " has no key that root version ",
                                   present.version, " or ", next.version,
                                   " names for root: bring root.pem there (slipway keys list ",
                                   ring.folder().native(), " shows what there is)")};
  }
  std::string signed_text(text);
  for (const trust::PrivateKey& key : keys)
    signed_text = TRY(trust::add_signature(signed_text, key));
  return signed_text;
}

Status follow_root(KeyRing& ring, const trust::Root& root, std::string_view root_text) {
  const std::string known = TRY(ring.trusted_root());
  if (known == root_text) return {};
  if (!known.empty()) {
    const trust::Root before = TRY(trust::parse_root(known));
    const std::vector<KeyFile> files = TRY(ring.list());
    std::vector<KeyFile> fresh;
    std::ranges::copy_if(files, std::back_inserter(fresh), [&](const KeyFile& file) {
      return is_named(file, root) && !is_named(file, before);
    });
    for (const KeyFile& file : files) {
      if (!is_named(file, before) || is_named(file, root)) continue;
      const auto by = std::ranges::find(fresh, file.role, &KeyFile::role);
      TRY(ring.replace(file, by == fresh.end() ? "" : by->name));
      if (by != fresh.end()) fresh.erase(by);
    }
  }
  return ring.keep_root(root_text);
}

}  // namespace slipway::publish
