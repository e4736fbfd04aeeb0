// A model under load, by any engine.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engines/engine.h"
#include "measure/load.h"
#include "ops/interpreter.h"

namespace slipway::measure {

struct EngineLoad {
  const engines::Engine* engine = nullptr;
  engines::Subject subject;
  std::vector<NamedValue> inputs;  // empty: made up
  std::size_t sessions = 1;        // one a stream
  engines::Progress progress;      // of opening
};

struct EngineLoaded {
  LoadResult result;  // load_s: of the first session, the engine's library already loaded
  std::string how;    // "onnxruntime 1.30.0, cpu, 2 threads"
};

Result<EngineLoaded> run_engine_load(const EngineLoad& load, const LoadOptions& options);

}  // namespace slipway::measure
