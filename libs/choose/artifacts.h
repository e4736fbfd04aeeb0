// The files of a build's result.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "choose/workshop.h"
#include "recipe/recipe.h"
#include "report/report.h"

namespace slipway::choose {

// Writes what the engine loads, the ONNX behind it, the engine that was built of it where one was
// kept, golden inputs and outputs, the recipe and both
// reports into `folder`, then opens what was written and runs it on the golden inputs: the answers
// have to be the golden outputs again, to the last bit. Adds to report.artifacts.
Status write_artifacts(const std::filesystem::path& folder, const Setup& setup, Workshop& workshop,
                       const std::filesystem::path& recipe, report::Report& report);

}  // namespace slipway::choose
