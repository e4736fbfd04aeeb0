// Models of random structure for property tests: every kind of value, attribute and name. They keep
// the rules of verify.h and mean nothing.
#pragma once

#include <cstdint>

#include "graph/graph.h"

namespace slipway {

Model random_model(std::uint32_t seed);

}  // namespace slipway
