// The next root, with one thing of a role changed: who has its keys, or how many of them have to
// sign. Each is kUsage, saying why, where devices or publishers could not live with the result.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "trust/metadata.h"

namespace slipway::publish {

inline constexpr std::size_t kMostKeysOfRole = 16;

// One more key. It is named for no role yet: a stolen key speaks for one role alone.
Result<trust::Root> with_key(const trust::Root& present, std::string_view role,
                             const trust::KeyText& key, trust::Seconds expires);

// One key less, of which as many are left as have to sign. `id`: all of it.
Result<trust::Root> without_key(const trust::Root& present, std::string_view role,
                                const std::string& id, trust::Seconds expires);

// So many of the role's keys have to sign.
Result<trust::Root> with_threshold(const trust::Root& present, std::string_view role,
                                   std::size_t threshold, trust::Seconds expires);

}  // namespace slipway::publish
