// How far a candidate's answers are from the original model's, sample by sample.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "engines/engine.h"
#include "report/report.h"
#include "samples/samples.h"

namespace slipway::choose {

struct AccuracyOptions {
  std::size_t limit = 0;                              // samples; 0: all
  const std::vector<std::int64_t>* labels = nullptr;  // a class each, of the first output
};

// Both sessions run every sample; memory does not grow with their number. Outputs are matched by
// name. The drop is, in this order: with labels, percentage points of top-1 accuracy lost; for an
// output that is a distribution over classes in every sample, the share of samples with another
// top-1; else the mean error of an output as a share of its mean size. The greatest of all outputs
// counts. What is not finite in the candidate alone is infinitely wrong.
Result<report::Accuracy> compare(engines::Session& candidate, engines::Session& reference,
                                 samples::Samples& samples, const AccuracyOptions& options);

}  // namespace slipway::choose
