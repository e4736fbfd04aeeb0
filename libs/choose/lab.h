// What the search asks of the world: make a candidate, look at it from outside, compare its
// answers, time it. The real one (workshop.h) runs engines; tests have one that makes its figures
// up.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "choose/setup.h"
#include "report/report.h"

namespace slipway::choose {

// Measured in a process of its own, so that one that crashes is a candidate that failed.
struct Probe {
  double load_s = 0;        // from the file to ready to run
  double memory_bytes = 0;  // what that process grew by, three runs included
};

class Lab {
 public:
  virtual ~Lab() = default;

  // Makes what the setup's engine runs, once for all numbers of threads. The error is why it cannot
  // be had.
  virtual Status prepare(const Setup& setup) = 0;
  // Bytes of the file that prepare() made.
  virtual std::optional<double> file_bytes(const Setup& setup) const = 0;
  virtual Result<Probe> probe(const Setup& setup) = 0;
  // nullopt where there is nothing to compare on.
  virtual Result<std::optional<report::Accuracy>> compare(const Setup& setup) = 0;
  // Seconds of each run, one after the other for about so long, warmed up before.
  virtual Result<std::vector<double>> time(const Setup& setup, double seconds) = 0;
};

}  // namespace slipway::choose
