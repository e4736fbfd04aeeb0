// str(a, b, ...): concatenates text and numbers into one std::string, for messages.
// join(range, separator): the elements as text, separated.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace slipway {

namespace internal {
inline void append_part(std::string& out, std::string_view part) { out += part; }

// Integers in decimal, floating point in the shortest form that reads back to the same value.
template <typename Number>
  requires std::integral<Number> || std::floating_point<Number>
void append_part(std::string& out, Number part) {
  if constexpr (std::same_as<Number, char>) {
    out += part;
  } else if constexpr (std::same_as<Number, bool>) {
    out += part ? "true" : "false";
  } else {
    char digits[64];
    const auto end = std::to_chars(digits, digits + sizeof digits, part);
    out.append(digits, end.ptr);
  }
}
}  // namespace internal

template <typename... Parts>
std::string str(const Parts&... parts) {
  std::string out;
  (internal::append_part(out, parts), ...);
  return out;
}

// Text for a message: names from outside may be megabytes long.
inline std::string shorten(std::string_view text, std::size_t max_size = 120) {
  if (text.size() <= max_size) return std::string(text);
  return str(text.substr(0, max_size / 2), "...", text.substr(text.size() - max_size / 3));
}

template <typename Range>
std::string join(const Range& range, std::string_view separator = ", ") {
  std::string out;
  bool first = true;
  for (const auto& element : range) {
    if (!first) out += separator;
    first = false;
    internal::append_part(out, element);
  }
  return out;
}

}  // namespace slipway
