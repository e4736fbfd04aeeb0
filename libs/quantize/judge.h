// How far a candidate is from the model it came from, on samples.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "quantize/options.h"
#include "samples/samples.h"

namespace slipway::quantize {

struct Verdict {
  std::size_t samples = 0;
  // Mean |candidate - model| / mean |model|, of the output where that is greatest.
  double relative_error = 0;
  // The class is the greatest number of the first output.
  std::optional<double> agreement;                     // where that is a row of two or more numbers
  std::optional<double> accuracy, reference_accuracy;  // with labels
  std::size_t not_finite = 0;  // numbers that are NaN or infinite in the candidate alone

  // What --max-drop bounds: the accuracy lost, else the relative error; 1 where numbers are lost.
  double drop() const;
};

// At most `most` samples from the first one on, 0: all. Labels, where there are any, are as many
// as samples.
Result<Verdict> judge(const Model& model, const Model& candidate, samples::Samples& samples,
                      const std::vector<std::int64_t>& labels, std::size_t most,
                      const Options& options);

}  // namespace slipway::quantize
