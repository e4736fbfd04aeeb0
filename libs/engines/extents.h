// What a model's open dimensions are when a session is opened.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "tensor/tensor.h"

namespace slipway::engines {

struct Extents {
  std::map<std::string, std::int64_t> dims;  // by name; one without a name is "input[axis]"
  std::int64_t batch = 1;                    // of first dimensions that `dims` does not name
};

// The name of an open dimension: its symbol, or "input[axis]" where it has none.
std::string dimension_name(const std::string& input, std::size_t axis, const std::string& symbol);

// The shape with its open dimensions, those below 0, filled in; an error names one that nobody
// stated. symbols: "" for a dimension without one.
Result<Shape> definite(const Extents& extents, const std::string& input, Shape shape,
                       const std::vector<std::string>& symbols);

}  // namespace slipway::engines
