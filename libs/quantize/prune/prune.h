// Structured pruning: whole channels go, the least first, and with them what reads them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"

namespace slipway::quantize {

struct PrunedLayers {
  std::vector<std::string> nodes;  // whose outputs share channels, as around a residual Add
  std::size_t channels = 0;        // before
  std::size_t removed = 0;
};

struct Pruning {
  Model model;
  std::vector<PrunedLayers> layers;
  std::size_t fixed_channels = 0;  // of outputs, or read by nodes that cannot be cut
};

// Removes `ratio` (0 to 1) of the channels of each group of layers that share them, at least one of
// which stays. A channel's size is the root of the mean square of its weights, as a share of its
// layer's, summed over the layers that make it; a BatchNormalization after a layer counts by its
// factor. Outputs keep their shapes. The model has no faults.
Result<Pruning> prune(Model model, double ratio);

}  // namespace slipway::quantize
