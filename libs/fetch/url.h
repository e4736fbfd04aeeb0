// What of a URL matters here: its scheme, its credentials, the path of a file: one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::fetch {

// In lower case, without the colon; empty for a plain path.
std::string scheme_of(std::string_view url);

// The URL for a message: user, password, query and fragment left out (any of them may hold a
// secret), control characters as well; shortened.
std::string shown_url(std::string_view url);

// Without user and password.
std::string without_credentials(std::string_view url);

// Everything but letters, digits and "-._~/" as %XX.
std::string percent_encode(std::string_view path);

// The path that a file: URL or a plain path names; kUsage for a host that is not this one, for a
// '%' without two digits, an encoded '/' or a NUL.
Result<std::filesystem::path> path_of(std::string_view url);

}  // namespace slipway::fetch
