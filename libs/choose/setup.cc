#include "choose/setup.h"

#include <algorithm>

#include "base/str.h"
#include "recipe/recipe.h"

namespace slipway::choose {

std::string label(const Setup& setup) {
  return str(setup.engine, " ", setup.precision, ", ", setup.threads,
             setup.threads == 1 ? " thread" : " threads");
}

std::size_t precision_rank(const std::string& precision) {
  const std::vector<std::string> names = recipe::precision_names();
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), precision) - names.begin());
}

}  // namespace slipway::choose
