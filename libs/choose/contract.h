// Whether what a recipe says of inputs and outputs can be said of this model.
#pragma once

#include "base/result.h"
#include "graph/graph.h"
#include "recipe/recipe.h"

namespace slipway::choose {

// kInvalid: a name that the model has not (with the nearest), a list that fits no axis, a clamp for
// what is no number.
Status check_contract(const recipe::Recipe& recipe, const Graph& graph);

}  // namespace slipway::choose
