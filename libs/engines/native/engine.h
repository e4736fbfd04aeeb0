// Slipway's own runtime as an engine: plans as they are, models compiled in memory first.
#pragma once

#include "engines/engine.h"

namespace slipway::engines {

const Engine& native_engine();

}  // namespace slipway::engines
