// A first recipe for a model, with its signature filled in and every choice explained.
#pragma once

#include <string>
#include <string_view>

#include "graph/graph.h"

namespace slipway::recipe {

// TOML that parse_recipe() takes, whatever the model's names hold. `file` is the model as the
// recipe names it.
std::string starter_recipe(const Model& model, std::string_view file);

}  // namespace slipway::recipe
