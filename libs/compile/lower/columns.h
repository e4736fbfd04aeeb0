// The nodes of a window's columns (compile/columns.h) as steps.
#pragma once

#include "compile/lowering.h"

namespace slipway::compile {

Status lower_columns(Lowering& lowering, std::size_t node);

}  // namespace slipway::compile
