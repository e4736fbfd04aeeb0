#include "engines/extents.h"

#include "base/str.h"

namespace slipway::engines {

std::string dimension_name(const std::string& input, std::size_t axis, const std::string& symbol) {
  return symbol.empty() ? str(input, "[", axis, "]") : symbol;
}

Result<Shape> definite(const Extents& extents, const std::string& input, Shape shape,
                       const std::vector<std::string>& symbols) {
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] >= 0) continue;
    const std::string name = dimension_name(input, axis, symbols[axis]);
    const auto known = extents.dims.find(name);
    if (known == extents.dims.end() && axis > 0) {
      return Error{Code::kUsage, str("input ", input, ": its dimension ", name,
                                     " is open: give its extent, as in --set ", name, "=N")};
    }
    shape[axis] = known == extents.dims.end() ? extents.batch : known->second;
  }
  return shape;
}

}  // namespace slipway::engines
