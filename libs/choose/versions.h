// What the version of a model has to be, given what was built before.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/version.h"
#include "report/report.h"

namespace slipway::choose {

// Against an earlier build's report: kInvalid when the signature changed and the major version did
// not grow, with what changed and what the version must be. The strings are notes for the person:
// a changed model under the same version, a version that went back. Nothing to say of another
// model.
Result<std::vector<std::string>> check_version(const report::ModelFacts& model,
                                               const report::ModelFacts& earlier);

}  // namespace slipway::choose
