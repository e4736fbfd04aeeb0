#include "fetch/head.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/str.h"
#include "fetch/curl.h"
#include "fetch/fetch.h"

namespace slipway::fetch {
namespace {

constexpr std::size_t kMostFieldBytes = 8 << 10;
constexpr std::size_t kMostDateBytes = 64;

template <typename Number>
std::optional<Number> parse_whole(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (text.front() == '-') return std::nullopt;
  return number;
}

std::string_view trimmed(std::string_view text) {
  const std::string_view blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// "HTTP/1.1 206 Partial Content": 206; 0 for anything else.
int status_of(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (!line.starts_with("HTTP/") || space == std::string_view::npos) return 0;
  return parse_whole<int>(trimmed(line.substr(space + 1, 3))).value_or(0);
}

bool is_strong_etag(std::string_view text) {
  if (text.size() < 2 || text.size() > kMostVersionBytes) return false;
  if (text.front() != '"' || text.back() != '"') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

// Seconds since 1970; nothing unless it is a date.
std::optional<std::int64_t> seconds_of(const std::string& date) {
  if (date.empty() || date.size() > kMostDateBytes || date.find('\0') != std::string::npos)
    return std::nullopt;
  if (!load_curl().ok()) return std::nullopt;
  const time_t seconds = curl().getdate(date.c_str(), nullptr);
  if (seconds < 0) return std::nullopt;
  return seconds;
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (lower(text.substr(0, kUnit.size())) != kUnit) return std::nullopt;
  text = trimmed(text.substr(kUnit.size()));
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  ContentRange range;
  if (text.substr(slash + 1) != "*") {
    range.total = parse_whole<std::uint64_t>(text.substr(slash + 1));
    if (!range.total.has_value()) return std::nullopt;
  }
  const std::string_view span = text.substr(0, slash);
  range.is_unsatisfied = span == "*";
  if (range.is_unsatisfied) return range;
  const std::size_t dash = span.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_whole<std::uint64_t>(span.substr(0, dash));
  const auto last = parse_whole<std::uint64_t>(span.substr(dash + 1));
  if (!first.has_value() || !last.has_value() || *first > *last) return std::nullopt;
  if (range.total.has_value() && *last >= *range.total) return std::nullopt;
  range.first = *first;
  range.last = *last;
  return range;
}

std::string Head::version() const {
  if (!etag.empty()) return etag;
  const auto modified = seconds_of(last_modified);
  const auto made = seconds_of(date);
  if (!modified.has_value() || !made.has_value() || *made - *modified < 2) return {};
  return last_modified;
}

bool Head::contradicts(std::string_view version) const {
  if (version.empty()) return false;
  const std::string& told = version.front() == '"' ? etag : last_modified;
  return !told.empty() && told != version;
}

std::optional<std::int64_t> Head::retry_after_s(std::int64_t most_s) const {
  if (retry_after.empty()) return std::nullopt;
  if (std::all_of(retry_after.begin(), retry_after.end(),
                  [](char c) { return c >= '0' && c <= '9'; })) {
    return std::min(parse_whole<std::int64_t>(retry_after).value_or(most_s), most_s);
  }
  const auto until = seconds_of(retry_after);
  const auto now = seconds_of(date);
  if (!until.has_value() || !now.has_value()) return std::nullopt;
  return std::clamp<std::int64_t>(*until - *now, 0, most_s);
}

bool Head::is_redirect() const {
  constexpr std::array kRedirects = {301, 302, 303, 307, 308};
  return std::find(kRedirects.begin(), kRedirects.end(), status) != kRedirects.end();
}

Result<bool> HeadReader::add_line(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kMostHeadBytes) {
    return Error{Code::kIo, str("the head of the response has more than ", kMostHeadBytes >> 10U,
                                " KiB: this is no server of files")};
  }
  if (is_complete_) return true;
  line = trimmed(line);
  if (line.empty()) {
    is_complete_ = head_.status >= 200;
    return is_complete_;
  }
  if (line.starts_with("HTTP/")) {
    head_ = {};
    is_chunked_ = has_range_ = false;
    head_.status = status_of(line);
    return false;
  }
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos)
    add_field(lower(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  return false;
}

void HeadReader::add_field(std::string_view name, std::string_view value) {
  if (value.empty() || value.size() > kMostFieldBytes) return;
  if (name == "content-length") {
    if (!is_chunked_) head_.length = parse_whole<std::uint64_t>(value);
  } else if (name == "transfer-encoding") {
    is_chunked_ = true;
    head_.length.reset();
  } else if (name == "content-range") {
    if (has_range_) {  // which of two is meant, nobody knows
      head_.range.reset();
    } else {
      head_.range = parse_content_range(value);
    }
    has_range_ = true;
  } else if (name == "etag") {
    head_.etag = is_strong_etag(value) ? value : "";
  } else if (name == "last-modified" && value.size() <= kMostDateBytes) {
    head_.last_modified = value;
  } else if (name == "date") {
    head_.date = value;
  } else if (name == "retry-after") {
    head_.retry_after = value;
  } else if (name == "location") {
    head_.location = value;
  }
}

}  // namespace slipway::fetch
