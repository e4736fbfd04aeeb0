// What is certain of a value that may come from either of two places: branches, loop rounds, list
// items.
#pragma once

#include "graph/type.h"

namespace slipway {

// Dimensions that differ become unknown, ranks that differ drop the shape, an unknown side adds
// nothing. Fails when kinds or element types differ.
Result<Type> common_type(const Type& a, const Type& b);

// The element type of a sequence or optional; unknown when it is not known.
Type element_of(const Type& container);

}  // namespace slipway
