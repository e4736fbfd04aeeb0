// What values of a model hold as it runs on samples.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "quantize/histogram.h"
#include "quantize/options.h"
#include "samples/samples.h"

namespace slipway::quantize {

// Runs the model on samples from the first one on, at most `most` of them (0: all), and gives
// `see(i, tensor)` each of the values, of type float, in each sample. Inference ends where the last
// of the values is known. How many samples there were.
Result<std::size_t> watch(const Model& model, const std::vector<ValueId>& values,
                          samples::Samples& samples, std::size_t most, const Options& options,
                          const Progress& progress, std::string_view what,
                          const std::function<Status(std::size_t, const Tensor&)>& see);

// Ranges of values by name, chosen as `options` say. NaN or infinity in a value is an error.
Result<std::map<std::string, Range>> find_ranges(const Model& model,
                                                 const std::vector<ValueId>& values,
                                                 samples::Samples& samples, const Options& options,
                                                 const Progress& progress);

}  // namespace slipway::quantize
