// report.json, both ways. docs/formats/report.md has its keys.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "report/report.h"

namespace slipway::report {

inline constexpr std::size_t kMostReportBytes = std::size_t{64} << 20;

std::string to_json(const Report& report);

// What the pages' scripts draw: the same, and nothing in it can end a <script> element.
std::string to_script_json(const Report& report);

// Of an earlier build, as far as others need it: the model, the machine, the candidates with their
// outcomes, the choice with its needs, the artifacts, the validation list. kInvalid when it is no
// report.
Result<Report> from_json(std::string_view text, std::string_view origin);
Result<Report> read_report(const std::filesystem::path& path);

}  // namespace slipway::report
