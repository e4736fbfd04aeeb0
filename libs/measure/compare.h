// A candidate's answers against a reference's, sample after sample in bounded memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "engines/engine.h"
#include "measure/result.h"

namespace slipway::measure {

// A model or plan, and who runs it.
struct Side {
  const engines::Engine* engine = nullptr;
  // Extents and batch of what the samples do not decide; `dims` of one side may name dimensions
  // that only the other one has.
  engines::Subject subject;
};

struct CompareRequest {
  Side candidate;
  Side reference;
  std::filesystem::path samples;
  std::filesystem::path labels;    // empty: those beside the samples, where there are some
  std::uint64_t most_samples = 0;  // from the first one on; 0: all
  std::size_t worst = 5;           // samples to name
  // What both models compute under the same name inside, computed by Slipway whatever the engines
  // are. Both must be models then, not plans.
  bool wants_layers = false;
  engines::Progress progress;                  // of opening engines
  std::function<void(double share)> compared;  // of the samples
};

// Outputs are matched by their names, or, where none is, by their order. Inputs are those of the
// reference; a candidate that wants another type of number gets them converted. A sample is what a
// run takes, with a batch of 1 where the batch is open.
Result<CompareResult> compare_models(const CompareRequest& request);

}  // namespace slipway::measure
