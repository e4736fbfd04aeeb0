// `slipway build`: from a recipe to a folder of artifacts and a report.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "choose/search.h"
#include "report/report.h"

namespace slipway::choose {

struct BuildRequest {
  std::filesystem::path recipe;
  std::string target;         // of --for; empty: none
  std::filesystem::path out;  // the folder of artifacts
  double seconds = 3;         // of timing for a candidate that reaches the last round
  std::string slipway_version;
  Progress progress;
};

// The artifacts are replaced only when the report has a choice; otherwise, and on every error, what
// was there stays. Errors are of the recipe, the model and the samples; what is wrong with a
// candidate stands in the report.
Result<report::Report> build(const BuildRequest& request);

}  // namespace slipway::choose
