// What the commands around a repository have in common.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/options.h"
#include "publish/key_ring.h"
#include "publish/repository.h"

namespace slipway {

trust::Seconds current_time();

// An option that has to be there.
Result<std::string> needed(const Arguments& arguments, std::string_view option,
                           std::string_view why);

// "2027-02-26T12:00:00Z, in 90 days"
std::string expiry_text(trust::Seconds expires, trust::Seconds now);

// A line for each role that will expire soon, with the command that signs it anew; not for a
// timestamp that was signed just now, for as long as was wanted.
void warn_of_expiry(const publish::State& state, trust::Seconds now, const std::string& folder,
                    const std::string& keys, bool is_timestamp_new);

// {"root": {"version": 1, "expires": "..."}, ...}
nlohmann::ordered_json roles_json(const publish::State& state);

// The repository as the keys' folder vouches for it.
Result<publish::Repository> open_repository(const std::string& folder, const publish::KeyRing& keys,
                                            publish::Access access);

}  // namespace slipway
