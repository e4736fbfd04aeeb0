// Cross-layer equalisation: a product, a Relu perhaps, and a convolution after it give the same
// when channel c of what stands between them is multiplied by f[c] > 0: row c of the first weights
// and its bias times f[c], column c of the second weights divided by it. Channels of one size lose
// least to a scale that they share.
//
// With one scale for each channel of weights, only columns of the second weights share scales with
// each other, and no rows do:
//   depthwise   f[c] = 1 / a[c]                   a: the greatest magnitude of the channel on
//   samples otherwise   f[c] = sqrt(w[c] / a[c])          w: that of the second weights' column
// With one scale for a whole tensor of weights (Nagel et al., 2019), r: of the first weights' row
//   f[c] = sqrt(w[c] / r[c])
// All factors are then made to have a geometric mean of 1, kept within 1/1000 and 1000, and rounded
// to powers of two, so that not one weight is rounded anew.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"
#include "quantize/learned.h"
#include "quantize/placement.h"

namespace slipway::quantize {

// A place for factors: `first` and `second` are places in placement.products.
struct Pair {
  std::size_t first = 0;
  std::size_t second = 0;
  ValueId between = kNoValue;  // what the second one reads
};

struct Pairs {
  std::vector<Pair> pairs;
  std::size_t clipped = 0;  // pairs with a Clip between them (ReLU6): its bound would have to move
};
Pairs find_pairs(const Graph& graph, const Placement& placement);

// Factors for every pair, by the name of what stands between. reached[i]: the greatest magnitude of
// each channel between pair i on samples; not looked at where a tensor of weights has one scale.
std::map<std::string, std::vector<float>> find_factors(
    const Graph& graph, const Placement& placement, const std::vector<Pair>& pairs,
    const std::vector<std::vector<float>>& reached, const Options& options);

// Multiplies weights and biases. Factors of values that are no pair's are left alone.
Status apply_factors(Graph& graph, const Placement& placement, const std::vector<Pair>& pairs,
                     const std::map<std::string, std::vector<float>>& factors);

}  // namespace slipway::quantize
