// ONNX Runtime as an engine: any libonnxruntime, loaded when it is first asked for, with the
// execution providers that it was built with.
#pragma once

#include "engines/engine.h"

namespace slipway::engines {

const Engine& onnxruntime_engine();

}  // namespace slipway::engines
