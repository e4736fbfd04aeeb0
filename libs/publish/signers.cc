#include "publish/signers.h"

#include <algorithm>
#include <set>

namespace slipway::publish {

void give_role(trust::Root& root, std::string_view role, const trust::KeyText& key) {
  const std::string id = trust::key_id(key);
  root.keys[id] = key;
  root.roles[std::string(role)].keyids.push_back(id);
}

void give_role(trust::Root& root, std::string_view role, const trust::PrivateKey& key) {
  give_role(root, role, key.public_text());
}

void take_role(trust::Root& root, std::string_view role, const std::string& id) {
  std::erase(root.roles[std::string(role)].keyids, id);
  const bool is_named = std::ranges::any_of(root.roles, [&](const auto& entry) {
    return std::ranges::find(entry.second.keyids, id) != entry.second.keyids.end();
  });
  if (!is_named) root.keys.erase(id);
}

bool are_enough(const Keys& keys, const trust::RoleKeys& role) {
  std::set<std::string_view> named;
  for (const trust::PrivateKey& key : keys) {
    if (std::ranges::find(role.keyids, key.id()) != role.keyids.end()) named.insert(key.id());
  }
  return named.size() >= role.threshold;
}

}  // namespace slipway::publish
