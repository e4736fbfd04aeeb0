#include "base/version.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/str.h"

namespace slipway {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

std::optional<std::uint32_t> number(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool is_numeric(std::string_view part) {
  return !part.empty() && std::all_of(part.begin(), part.end(), is_digit);
}

// Identifiers with dots between them.
bool are_identifiers(std::string_view text, bool allows_leading_zero) {
  const std::vector<std::string_view> parts = split(text, '.');
  return std::all_of(parts.begin(), parts.end(), [&](std::string_view part) {
    if (part.empty() || !std::all_of(part.begin(), part.end(), is_letter)) return false;
    return allows_leading_zero || !is_numeric(part) || part.size() == 1 || part[0] != '0';
  });
}

std::strong_ordering compare_identifiers(std::string_view a, std::string_view b) {
  if (is_numeric(a) && is_numeric(b)) {
    if (a.size() != b.size()) return a.size() <=> b.size();
    return a <=> b;
  }
  if (is_numeric(a) != is_numeric(b)) {
    return is_numeric(a) ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return a <=> b;
}

std::strong_ordering compare_pre_releases(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.empty() <=> b.empty();  // a release comes after
  const std::vector<std::string_view> left = split(a, '.');
  const std::vector<std::string_view> right = split(b, '.');
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    const std::strong_ordering order = compare_identifiers(left[i], right[i]);
    if (order != std::strong_ordering::equal) return order;
  }
  return left.size() <=> right.size();
}

}  // namespace

Result<Version> Version::parse(std::string_view text) {
  Error error{Code::kInvalid, str("'", shorten(text),
                                  "' is no semantic version: three numbers with dots "
                                  "between them, such as \"1.0.0\"")};
  if (text.size() > 200) return error;
  Version version;
  std::string_view rest = text;
  if (const std::size_t plus = rest.find('+'); plus != std::string_view::npos) {
    version.build = std::string(rest.substr(plus + 1));
    if (!are_identifiers(version.build, true)) return error;
    rest = rest.substr(0, plus);
  }
  if (const std::size_t dash = rest.find('-'); dash != std::string_view::npos) {
    version.pre_release = std::string(rest.substr(dash + 1));
    if (!are_identifiers(version.pre_release, false)) return error;
    rest = rest.substr(0, dash);
  }
  const std::vector<std::string_view> parts = split(rest, '.');
  if (parts.size() != 3) return error;
  std::uint32_t* const into[] = {&version.major, &version.minor, &version.patch};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::optional<std::uint32_t> value = number(parts[i]);
    if (!value) return error;
    *into[i] = *value;
  }
  return version;
}

std::string Version::text() const {
  return str(major, ".", minor, ".", patch, pre_release.empty() ? "" : "-", pre_release,
             build.empty() ? "" : "+", build);
}

std::strong_ordering Version::compare(const Version& other) const {
  if (major != other.major) return major <=> other.major;
  if (minor != other.minor) return minor <=> other.minor;
  if (patch != other.patch) return patch <=> other.patch;
  return compare_pre_releases(pre_release, other.pre_release);
}

}  // namespace slipway
