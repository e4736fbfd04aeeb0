// Whether enough of those who may sign did.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "trust/metadata.h"

namespace slipway::trust {

// kInvalid unless `threshold` different keys of the role signed. A signature that is not good, or
// whose key is unknown or of an unknown kind, counts for nothing and does no harm; one key under
// two names counts once. `role` is whose, for the message.
Status check_signatures(const Signed& file, const RoleKeys& role, const Keys& keys,
                        std::string_view name);

// How many different keys of the role signed.
std::size_t count_signatures(const Signed& file, const RoleKeys& role, const Keys& keys);

}  // namespace slipway::trust
