// How long what is signed lasts, as people write it, and what has to be signed again soon.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "publish/state.h"
#include "trust/time.h"

namespace slipway::publish {

// "12h", "90d", "2w", from one hour to ten years; kUsage, naming the option, otherwise.
Result<trust::Seconds> parse_lifetime(std::string_view option, std::string_view text);

// "90 days", "7 hours"; "0 hours" is less than one.
std::string span_text(trust::Seconds span);

// kInvalid where a clock cannot be right: what was signed by it would have expired at once.
Status check_clock(trust::Seconds now);

struct Due {
  std::string_view role;
  trust::Seconds expires = 0;
};
// Roles that have expired, or will soon: root within 30 days, targets and snapshot within 14,
// timestamp within one. In the order of kRoles.
std::vector<Due> due_soon(const State& state, trust::Seconds now);

}  // namespace slipway::publish
