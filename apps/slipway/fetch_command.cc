#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "base/str.h"
#include "cli/text.h"
#include "command.h"
#include "console.h"
#include "digest/digest.h"
#include "fetch/download.h"
#include "fetch/make_fetcher.h"
#include "fetch/url.h"
#include "progress_line.h"

namespace slipway {
namespace {

using Json = nlohmann::ordered_json;

constexpr Option kOptions[] = {
    {"-o", "FILE", "where it goes; FILE.part until it is whole"},
    {"--sha256", "HEX", "the hash that it has to have"},
    {"--most-bytes", "N", "more are refused: 500k, 20M, 16G (16G)"},
    {"--limit", "RATE", "bytes a second at most: 200k, 2M"},
    {"--ca", "FILE", "the authorities that vouch for servers, PEM (the system's)"},
    {"--proxy", "URL", "by this proxy; '' for none (https_proxy, no_proxy... of the environment)"},
    {"--retries", "N", "how often it is tried again when nothing comes (5)"},
    {"--json", "", "print what was fetched as JSON"},
};
constexpr std::uint64_t kDefaultMostBytes = 16'000'000'000;
constexpr std::int64_t kMostRetries = 1000;

// A whole number, of thousands with "k", of millions with "M", of thousand millions with "G".
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

Result<fetch::Download> parse_download(const Arguments& arguments) {
  TRY(expect_operands("fetch", arguments.positional().size(), 1, "URL -o FILE"));
  fetch::Download download;
  download.url = arguments.positional()[0];
  download.to = arguments.value("-o");
  if (download.to.empty()) return Error{Code::kUsage, "-o is missing: slipway fetch URL -o FILE"};
  download.most_bytes = kDefaultMostBytes;
  if (arguments.has("--most-bytes"))
    download.most_bytes = TRY(parse_bytes("--most-bytes", arguments.value("--most-bytes")));
  if (!arguments.has("--sha256")) return download;
  download.sha256 = arguments.value("--sha256");
  std::transform(
      download.sha256.begin(), download.sha256.end(), download.sha256.begin(),
      [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (!is_sha256(download.sha256)) {
    return Error{Code::kUsage, str("--sha256 ", shorten(download.sha256),
                                   " is not 64 hexadecimal digits, as sha256sum prints them")};
  }
  return download;
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

void show_progress(ProgressLine& line, std::uint64_t bytes, std::optional<std::uint64_t> total) {
  const std::string so_far = bytes_text(static_cast<std::int64_t>(bytes));
  if (!total.has_value() || *total == 0) return line.show(str("fetched ", so_far), -1);
  line.show(str("fetched ", so_far, " of ", bytes_text(static_cast<std::int64_t>(*total)), ","),
            static_cast<double>(bytes) / static_cast<double>(*total));
}

Status tell(const fetch::Download& what, const fetch::Downloaded& done, bool wants_json) {
  if (wants_json) {
    const Json root = {{"url", fetch::shown_url(what.url)},
                       {"file", what.to.string()},
                       {"bytes", done.bytes},
                       {"resumed_from", done.resumed_from},
                       {"sha256", done.sha256},
                       {"verified", !what.sha256.empty()}};
    return print_data(root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  say(str(what.to.string(), ": ", grouped(static_cast<std::int64_t>(done.bytes)), " bytes",
          done.resumed_from > 0 ? str(", ", grouped(static_cast<std::int64_t>(done.resumed_from)),
                                      " of them from before")
                                : std::string(),
          what.sha256.empty() ? "; SHA-256 " : "; it has the SHA-256 that was expected, ",
          done.sha256));
  return {};
}

Result<int> run_fetch(const Arguments& arguments) {
  const fetch::Download what = TRY(parse_download(arguments));
  fetch::FetcherOptions options;
  options.http = TRY(parse_http(arguments));
  ProgressLine line;
  options.http.watch.progress = [&](std::uint64_t bytes, std::optional<std::uint64_t> total) {
    show_progress(line, bytes, total);
  };
  options.http.watch.note = [&](std::string_view note) {
    line.clear();
    say(note);
  };
  const std::unique_ptr<fetch::Fetcher> fetcher = fetch::make_fetcher(std::move(options));
  const Result<fetch::Downloaded> done = fetch::download(*fetcher, what);
  line.clear();
  if (!done.ok()) return done.error();
  TRY(tell(what, *done, arguments.has("--json")));
  return kExitOk;
}

}  // namespace

const Command kFetchCommand = {
    .name = "fetch",
    .summary = "fetch a file, resuming what was interrupted",
    .operands = "URL",
    .options = kOptions,
    .about =
        "Fetches a file by https://, http://, file:/// or from a plain path (a USB stick's, say). "
        "It has its name\n"
        "once it is whole and has the hash that is given; until then, what has come is in "
        "FILE.part, and the same\n"
        "command goes on from there, unless the file has changed since.\n"
        "\n"
        "What may pass is tried again, with growing waits: no connection, a transfer that breaks "
        "or crawls, the\n"
        "statuses 408, 429 and 5xx. Certificates are always verified. Cookies, other protocols "
        "after a redirect and\n"
        "decompression do not happen.",
    .example =
        "slipway fetch https://models.example/autopilot-1.2.0.slip -o autopilot.slip "
        "--sha256 \"$(cut -c1-64 autopilot.sha256)\" --limit 500k",
    .run = run_fetch,
};

}  // namespace slipway
