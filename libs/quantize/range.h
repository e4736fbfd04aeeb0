// The range of values that a quantised tensor keeps apart; what lies beyond is clamped.
#pragma once

#include "quantize/options.h"

namespace slipway::quantize {

struct Range {
  float low = 0, high = 0;

  bool operator==(const Range&) const = default;
};

class Histogram;

// From what was seen; it holds zero, so that zero is exact. `levels`: how many numbers there are.
//  minmax      all that was seen
//  percentile  the shortest that, cut by as many values at either end, keeps `percentile` per cent
//  entropy     of |x|: the threshold whose quantised distribution tells most about the original one
//              (the Kullback-Leibler divergence, at every fourth bin from levels / 2 on, zeros,
//              which are exact, not counted): the greatest one within a quarter of the least
//              divergence, as the curve is flat there and clamping costs more than it says
//  mse         the least mean squared error, of rounding within and of clamping beyond, over 128
//              candidates for each end
Range choose_range(const Histogram& seen, Method method, double percentile, int levels,
                   bool is_symmetric);

}  // namespace slipway::quantize
