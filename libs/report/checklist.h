// The validation list: what has to be true before a model goes onto a robot, each line with what is
// known about it and the command that finds out.
#pragma once

#include <string>
#include <vector>

#include "report/report.h"

namespace slipway::report {

// Every line. Without a report each is "not run".
std::vector<Check> checklist(const Report* report = nullptr);

// For a terminal: a line each, its evidence and, unless it passed, its command below it.
std::string checklist_text(const std::vector<Check>& checks, bool is_coloured = false);
std::string checklist_json(const std::vector<Check>& checks);

}  // namespace slipway::report
