// Two engines timed side by side: in turns, block by block, so that what else the machine does
// falls on both.
#pragma once

#include <vector>

#include "base/result.h"
#include "engine.h"

namespace slipway::bench {

struct Pace {
  double seconds = 3;              // for one engine on one model
  std::size_t least_runs = 20;     // of slow models
  std::size_t fine_runs = 10'000;  // of models that take under a millisecond, for the tail
  std::size_t blocks = 10;
  bool in_cpu_time = false;  // of the calling thread, instead of the time that passes
};

// Of single runs; of means of some runs where one is too short for the clock.
struct Timing {
  double min_us = 0;
  double p50_us = 0;
  double p99_us = 0;
  double p999_us = 0;
  double max_us = 0;
  std::size_t runs = 0;
};

// How often the system has taken the processor from this process so far.
long interruptions();

Result<std::vector<Timing>> time_in_turns(const std::vector<Engine*>& engines, const Pace& pace);

// An error that names the output and the element where the engines are further apart than
// `tolerance` of the output's largest magnitude; of an output whose difference in the root mean
// square is within `mean_tolerance` of that, if it is not 0, single elements may be.
Status compare_answers(const std::vector<NamedValue>& got, const std::vector<NamedValue>& wanted,
                       double tolerance, double mean_tolerance = 0);

}  // namespace slipway::bench
