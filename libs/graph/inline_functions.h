// Replaces every call of a model-local function by the function's body.
#pragma once

#include "graph/graph.h"

namespace slipway {

// After this the model has no functions and no node calls one. Attribute references are bound to
// the call's attributes or the function's defaults. Fails on recursion and on expansion beyond a
// million nodes.
Status inline_functions(Model& model);

}  // namespace slipway
