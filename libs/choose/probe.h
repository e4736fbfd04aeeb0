// A function run in a process of its own, so that what it takes can be seen from outside and what
// it breaks stays there.
#pragma once

#include <functional>

#include "base/result.h"
#include "choose/lab.h"

namespace slipway::choose {

// `open` loads (it is timed), `use` runs. Memory is what the process has grown by at the end. The
// process forks from this one: no other thread may hold a lock that the functions need. A crash is
// an error that names the signal.
Result<Probe> probe_apart(const std::function<Status()>& open, const std::function<Status()>& use);

}  // namespace slipway::choose
