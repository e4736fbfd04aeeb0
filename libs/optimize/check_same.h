// The check before a result is written: both models on the same random data, by the reference
// implementations.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "ops/interpreter.h"

namespace slipway::optimize {

struct CheckOptions {
  std::size_t runs = 3;      // seeds, each with other extents for open dimensions
  double most_seconds = 30;  // no run begins after so much time, but for the first
  bool exact = true;         // floats to the bit; else within 1e-3 of each and 1e-4 of the largest
};

struct CheckReport {
  std::size_t runs = 0;
  double largest_difference = 0;  // of floats, relative to the largest number of its output
  bool shapes_only = false;       // some operator gives random numbers
};

// kInternal with the output, the place and both values where they differ. kUnsupported where no
// random data makes the original run, with what it said last.
Result<CheckReport> check_same(const Model& original, const Model& changed,
                               const CheckOptions& options = {});

// The same on the given data, once.
Result<CheckReport> check_same_on(const Model& original, const Model& changed,
                                  const std::vector<NamedValue>& inputs,
                                  const CheckOptions& options = {});

}  // namespace slipway::optimize
