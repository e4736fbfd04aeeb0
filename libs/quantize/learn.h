// Calibration: what samples teach about a model.
#pragma once

#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "quantize/equalize.h"
#include "quantize/learned.h"
#include "quantize/options.h"
#include "quantize/placement.h"
#include "samples/samples.h"

namespace slipway::quantize {

// Factors of `pairs`, ranges and shifts of the bias, as `options` ask for. The model is not
// equalised yet and is made ready to run once: factors are powers of two, so that what a value will
// be is known to the last bit from what it is. It walks over a few samples to guess the factors
// where more than the extremes of a value counts, over all of them for the ranges, once more for
// values whose factors turn out to be far from the guess or could not be guessed, as samples were
// few, and over some of them for the shifts.
Result<Learned> learn(const Model& model, const Placement& placement,
                      const std::vector<Pair>& pairs, samples::Samples& samples,
                      const Options& options, const Progress& progress);

}  // namespace slipway::quantize
