// Bias correction: rounding shifts the mean of what a channel gives; the bias takes it back.
//
// The shift of a product is what the means of a channel differ by, over samples and positions,
// between its weights on the values as they are and its rounded weights on the bytes of the same
// values. It is the shift of this product alone, borders and clamped values included; as every
// product takes back its own, none adds up. All are found in one walk over the samples, from sums
// of what products read (input_sums.h).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "quantize/learned.h"
#include "quantize/placement.h"
#include "quantize/watch.h"

namespace slipway::quantize {

// At most: with twice as many the errors of the examples differ by 2 % of themselves, either way.
inline constexpr std::size_t kCorrectionSamples = 128;

// What to add to the bias of each output channel, by the name of the product's node. Products that
// have no place for a bias (MatMul without an Add) are left out. `watch` runs the model as it was
// before it was equalised, on placement.quantized; `equalized` is the graph after.
Result<std::map<std::string, std::vector<float>>> find_shifts(const Graph& equalized,
                                                              const Placement& placement,
                                                              const Learned& learned, Watch& watch,
                                                              const Options& options,
                                                              const Progress& progress);

}  // namespace slipway::quantize
