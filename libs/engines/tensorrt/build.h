// From an ONNX model to a TensorRT engine's bytes.
#pragma once

#ifdef SLIPWAY_HAS_TENSORRT_HEADERS

#include <cstddef>
#include <filesystem>
#include <vector>

#include "base/result.h"
#include "engines/engine.h"
#include "engines/extents.h"
#include "engines/tensorrt/libraries.h"

namespace slipway::engines {

struct BuildOptions {
  bool fp16 = false;
  bool int8 = false;
  std::filesystem::path samples;      // what int8 is calibrated with; empty: the model's own scales
  std::filesystem::path calibration;  // a calibration cache: read where it is, else written
  std::filesystem::path timing_cache;  // a file: read where it is, written after the build
  std::size_t workspace_bytes = 0;     // 0: as much as the device has
  int effort = 3;                      // TensorRT's optimisation level, 0 to 5
  int device = 0;
};

Result<std::vector<std::byte>> build_engine(const TensorRt& library,
                                            const std::filesystem::path& model,
                                            const Extents& extents, const BuildOptions& options,
                                            const Progress& progress);

}  // namespace slipway::engines

#endif
