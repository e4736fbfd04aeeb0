// NVIDIA TensorRT as an engine, built when its headers and CUDA's are there. Nothing is linked: the
// libraries are loaded when they are first asked for, so that one program runs with and without.
#pragma once

#include "engines/engine.h"

namespace slipway::engines {

const Engine& tensorrt_engine();

}  // namespace slipway::engines
