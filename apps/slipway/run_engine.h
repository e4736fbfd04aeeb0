// A model run by an engine that the command line names.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "engines/engine.h"
#include "ops/interpreter.h"
#include "run_inputs.h"

namespace slipway {

struct EngineRun {
  std::vector<NamedValue> outputs;
  double seconds = 0;
  std::string how;  // "onnxruntime 1.30.0, cpu, 1 thread"
};

// The words after --engine-option: "provider=cuda".
Result<std::map<std::string, std::string>> parse_engine_options(
    const std::vector<std::string>& words);

// Opens the model for the extents that the data has, and runs it once.
Result<EngineRun> run_by_engine(const engines::Engine& engine, engines::Subject subject,
                                const BoundInputs& bound);

}  // namespace slipway
