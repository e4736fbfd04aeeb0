// Two pieces of work at once, where the machine has a processor for each.
#pragma once

#include <thread>
#include <utility>

#include "base/result.h"

namespace slipway::quantize {

// Runs both to their ends, whatever the other comes to; the first one's fault goes before the
// second one's. They share nothing that either of them changes.
template <typename First, typename Second>
Status run_together(First first, Second second) {
  if (std::thread::hardware_concurrency() < 2) {
    TRY(first());
    return second();
  }
  Status of_second;
  std::thread other([&] { of_second = second(); });
  Status of_first = first();
  other.join();
  TRY(std::move(of_first));
  return of_second;
}

}  // namespace slipway::quantize
