#include "fetch/url.h"

#include <algorithm>
#include <optional>

#include "base/str.h"

namespace slipway::fetch {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEF";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = digit_value(text[i + 1]);
    const int low = digit_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    const char decoded = static_cast<char>(high * 16 + low);
    if (decoded == '/' || decoded == '\0') return std::nullopt;
    out += decoded;
    i += 2;
  }
  return out;
}

// How much of what follows "://" is user and password. Where the part before the first slash is no
// host and port, a password with a slash or a question mark is likely: all up to the last '@'.
std::size_t secret_bytes(std::string_view rest) {
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) return at + 1;
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.ends_with(']')) return 0;
  const std::string_view port = authority.substr(colon + 1);
  if (std::all_of(port.begin(), port.end(), is_digit)) return 0;
  const std::size_t last = rest.rfind('@');
  return last == std::string_view::npos ? 0 : last + 1;
}

}  // namespace

std::string scheme_of(std::string_view url) {
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos || colon == 0 || !is_letter(url[0])) return {};
  std::string scheme;
  for (const char c : url.substr(0, colon)) {
    if (!is_letter(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return {};
    scheme += lower(c);
  }
  return scheme;
}

std::string shown_url(std::string_view url) {
  std::string out;
  if (!scheme_of(url).empty()) {
    const std::size_t authority = url.find("://") + 3;
    out = url.substr(0, authority);
    url.remove_prefix(authority + secret_bytes(url.substr(authority)));
    url = url.substr(0, url.find_first_of("?#"));
  }
  for (const char c : url) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return shorten(out, 200);
}

std::string without_credentials(std::string_view url) {
  if (scheme_of(url).empty()) return std::string(url);
  const std::size_t authority = url.find("://") + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", authority), url.size());
  const std::size_t at = url.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < authority) return std::string(url);
  return str(url.substr(0, authority), url.substr(at + 1));
}

std::string percent_encode(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (is_letter(c) || is_digit(c) ||
        std::string_view("-._~/").find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
  }
  return out;
}

Result<std::filesystem::path> path_of(std::string_view url) {
  if (url.find('\0') != std::string_view::npos)
    return Error{Code::kUsage, str(shown_url(url), ": a path cannot hold a NUL")};
  const std::string scheme = scheme_of(url);
  if (scheme.empty()) return std::filesystem::path(url);
  if (scheme != "file") {
    return Error{Code::kUsage,
                 str(shown_url(url), ": a file's URL begins with file:///, or is a plain path")};
  }
  std::string_view rest = url.substr(std::string_view("file://").size());
  const std::size_t slash = rest.find('/');
  const std::string_view host = rest.substr(0, slash);
  if (slash == std::string_view::npos || (!host.empty() && host != "localhost")) {
    return Error{Code::kUsage, str(shown_url(url),
                                   ": names a file of another host; write file:///FOLDER/FILE, "
                                   "with three slashes, for one of this machine")};
  }
  rest.remove_prefix(slash);
  const std::optional<std::string> path = percent_decode(rest.substr(0, rest.find_first_of("?#")));
  if (!path.has_value()) {
    return Error{Code::kUsage, str(shown_url(url),
                                   ": a % stands before something else than a character's two "
                                   "hexadecimal digits; write %25 for the sign itself")};
  }
  return std::filesystem::path(*path);
}

}  // namespace slipway::fetch
