// Options of commands that fetch: --ca, --proxy, --limit, --retries.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/options.h"
#include "fetch/http_fetcher.h"

namespace slipway {

// A whole number, of thousands with "k", of millions with "M", of thousand millions with "G".
Result<std::uint64_t> parse_bytes(std::string_view option, const std::string& text);

// Of those that were given.
Result<fetch::HttpOptions> parse_http(const Arguments& arguments);

}  // namespace slipway
