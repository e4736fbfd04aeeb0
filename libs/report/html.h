// The report as one page that needs nothing else: styles, scripts and data are in it.
#pragma once

#include <string>
#include <string_view>

#include "report/report.h"

namespace slipway::report {

// Whatever the report's texts hold, they are shown as text.
std::string to_html(const Report& report);

// For element content and quoted attributes. Bytes that are not UTF-8, control characters and those
// that turn the direction of writing become visible as \xNN.
std::string escape(std::string_view text);

}  // namespace slipway::report
