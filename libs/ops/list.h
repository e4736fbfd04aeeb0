// The one list of operators (list.cc); registry.cc makes it searchable.
#pragma once

#include <vector>

#include "ops/op.h"

namespace slipway {

std::vector<Op> list_all_ops();

}  // namespace slipway
