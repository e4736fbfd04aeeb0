#include "cli/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <span>
#include <vector>

namespace slipway {
namespace {

// Bytes of the UTF-8 sequence at the start of the text; 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  std::size_t length = 0;
  std::uint32_t code = 0;
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) length = 2, code = lead & 0x1FU;
  if (lead >= 0xE0 && lead <= 0xEF) length = 3, code = lead & 0x0FU;
  if (lead >= 0xF0 && lead <= 0xF4) length = 4, code = lead & 0x07U;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
    code = code << 6U | (byte(i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_control = code >= 0x80 && code < 0xA0;
  const bool is_direction =
      (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kLeast[length] || code > 0x10FFFF || is_control || is_direction || is_surrogate)
    return 0;
  return length;
}

std::string scaled(double number, std::span<const char* const> units, double step) {
  std::size_t unit = 0;
  while (number >= step && unit + 1 < units.size()) {
    number /= step;
    ++unit;
  }
  const int decimals = number < 10 ? 2 : number < 100 ? 1 : 0;
  char text[64];
  std::snprintf(text, sizeof text, "%.*f%s", decimals, number, units[unit]);
  return text;
}

}  // namespace

std::string printable(std::string_view text, bool keep_lines) {
  std::string out;
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text[0]);
    const std::size_t length = sequence_length(text);
    const bool is_plain = (byte >= 0x20 && byte != 0x7F) || (byte == '\n' && keep_lines);
    if (length > 0 && is_plain) {
      out += text.substr(0, length);
      text.remove_prefix(length);
    } else {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      out += escaped;
      text.remove_prefix(1);
    }
  }
  return out;
}

std::size_t column_count(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80 ? 1 : 0;
  return count;
}

std::string shortened(std::string_view text, std::size_t columns) {
  if (column_count(text) <= columns) return std::string(text);
  std::vector<std::string_view> letters;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) ++end;
    letters.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  const std::size_t kept = columns > 0 ? columns - 1 : 0;
  const std::size_t tail = kept / 2;
  std::string out;
  for (std::size_t i = 0; i < kept - tail; ++i) out += letters[i];
  out += "…";
  for (std::size_t i = letters.size() - tail; i < letters.size(); ++i) out += letters[i];
  return out;
}

std::string shell_word(std::string_view word) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_./+,:@%=-").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string approximate(std::int64_t number) {
  constexpr std::array<const char*, 6> kUnits = {"", " k", " M", " G", " T", " P"};
  if (number < 1000) return std::to_string(number);
  return scaled(static_cast<double>(number), kUnits, 1000);
}

std::string bytes_text(std::int64_t bytes) {
  constexpr std::array<const char*, 6> kUnits = {" B", " KiB", " MiB", " GiB", " TiB", " PiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  return scaled(static_cast<double>(bytes), kUnits, 1024);
}

std::string seconds_text(double seconds) {
  constexpr std::array<const char*, 4> kUnits = {" ns", " us", " ms", " s"};
  return scaled(seconds * 1e9, kUnits, 1000);
}

}  // namespace slipway
