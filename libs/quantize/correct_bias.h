// Bias correction: rounding shifts the mean of what a channel gives; the bias takes it back.
//
// Each product gets a twin that reads the same values, quantised, with weights that were quantised
// and dequantised. What the means of a channel differ by, over samples and positions, is the shift
// of this product alone, borders and clamped values included; as every product takes back its own,
// none adds up. All are found in one walk over the samples.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "quantize/learned.h"
#include "quantize/placement.h"
#include "samples/samples.h"

namespace slipway::quantize {

inline constexpr std::size_t kCorrectionSamples = 256;  // at most: a mean needs no more

// What to add to the bias of each output channel, by the name of the product's node. Products that
// have no place for a bias (MatMul without an Add) are left out.
Result<std::map<std::string, std::vector<float>>> find_shifts(
    const Model& model, const Placement& placement, const Learned& learned,
    samples::Samples& samples, const Options& options, const Progress& progress);

}  // namespace slipway::quantize
