#include "fetch_options.h"

#include <limits>

#include "base/str.h"

namespace slipway {
namespace {

constexpr std::int64_t kMostRetries = 1000;

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view option, const std::string& text) {
  std::uint64_t unit = 1;
  std::string digits = text;
  switch (text.empty() ? '\0' : text.back()) {
    case 'k':
    case 'K':
      unit = 1000;
      break;
    case 'M':
      unit = 1'000'000;
      break;
    case 'G':
      unit = 1'000'000'000;
      break;
    default:
      break;
  }
  if (unit > 1) digits.pop_back();
  const auto most = std::numeric_limits<std::int64_t>::max() / static_cast<std::int64_t>(unit);
  const Result<std::int64_t> number = parse_number(option, digits, 1, most);
  if (!number.ok()) {
    return Error{Code::kUsage, str(option, " ", shorten(text),
                                   " is no number of bytes: write it "
                                   "as 65536, 200k, 2M or 1G")};
  }
  return static_cast<std::uint64_t>(*number) * unit;
}

Result<fetch::HttpOptions> parse_http(const Arguments& arguments) {
  fetch::HttpOptions http;
  http.ca_file = arguments.value("--ca");
  if (arguments.has("--proxy")) http.proxy = arguments.value("--proxy");
  if (arguments.has("--limit"))
    http.most_bytes_per_s = TRY(parse_bytes("--limit", arguments.value("--limit")));
  if (arguments.has("--retries")) {
    http.patience.retries = static_cast<std::uint32_t>(
        TRY(parse_number("--retries", arguments.value("--retries"), 0, kMostRetries)));
  }
  return http;
}

}  // namespace slipway
