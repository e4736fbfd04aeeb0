// What samples taught about a model: all that calibration needs and what a cache keeps.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "quantize/range.h"

namespace slipway::quantize {

struct Learned {
  std::size_t samples = 0;
  std::map<std::string, Range> ranges;  // of values, by name
  // Of a value between two products: channel c is multiplied by factors[c] (equalize.h).
  std::map<std::string, std::vector<float>> factors;
  // Of a product, by its name: what is added to the bias of each output channel (correct_bias.h).
  std::map<std::string, std::vector<float>> shifts;
};

}  // namespace slipway::quantize
