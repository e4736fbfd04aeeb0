// Who signs what.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "trust/metadata.h"
#include "trust/private_key.h"

namespace slipway::publish {

// The keys that sign for a role.
using Keys = std::vector<trust::PrivateKey>;
using Signers = std::map<std::string, Keys, std::less<>>;

inline constexpr std::string_view kRoles[] = {trust::kRoot, trust::kTargets, trust::kSnapshot,
                                              trust::kTimestamp};

// A key takes part in a role of root.
void give_role(trust::Root& root, std::string_view role, const trust::KeyText& key);
void give_role(trust::Root& root, std::string_view role, const trust::PrivateKey& key);
// And no longer; a key that no role names is forgotten. Where it stood, the role has one less.
void take_role(trust::Root& root, std::string_view role, const std::string& id);

// Whether the keys that a root's role names are enough.
bool are_enough(const Keys& keys, const trust::RoleKeys& role);

}  // namespace slipway::publish
