// Runs cases in forked worker processes, so that a crash or a hang costs only the case at hand.
#pragma once

#include <functional>
#include <vector>

#include "case.h"

namespace slipway {

struct WorkerOptions {
  int workers = 2;
  int limit_ms = 20'000;  // for one case
};

// One outcome a case, in the same order. `on_done` is called in this process after each.
Result<std::vector<Outcome>> run_in_workers(const std::vector<Case>& cases,
                                            const WorkerOptions& options,
                                            const std::function<Outcome(const Case&)>& run,
                                            const std::function<void(std::size_t done)>& on_done);

}  // namespace slipway
