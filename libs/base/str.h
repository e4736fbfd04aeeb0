// str(a, b, ...): concatenates text and numbers into one std::string, for messages.
// join(range, separator): the elements as text, separated.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace slipway {

template <typename T>
concept TextLike = std::convertible_to<const T&, std::string_view>;

// One argument of str(): text, or a number. It refers to the text, so it lives no longer than the
// call.
class TextPart {
 public:
  template <TextLike Text>
  TextPart(const Text& text) : kind_(Kind::kText), text_(text) {}
  template <std::integral Number>
  TextPart(Number number) : kind_(Kind::kUnsigned), unsigned_(static_cast<std::uint64_t>(number)) {
    if constexpr (std::same_as<Number, char>) {
      kind_ = Kind::kChar;
    } else if constexpr (std::same_as<Number, bool>) {
      kind_ = Kind::kBool;
    } else if constexpr (std::signed_integral<Number>) {
      kind_ = Kind::kSigned;
    }
  }
  TextPart(float number) : kind_(Kind::kFloat), float_(number) {}
  TextPart(double number) : kind_(Kind::kDouble), double_(number) {}

  // Integers in decimal, floating point in the shortest form that reads back to the same value.
  void append_to(std::string& out) const;

 private:
  enum class Kind : std::uint8_t { kText, kChar, kBool, kSigned, kUnsigned, kFloat, kDouble };
  Kind kind_;
  union {
    std::string_view text_;
    std::uint64_t unsigned_;
    float float_;
    double double_;
  };
};

std::string concatenate(std::initializer_list<TextPart> parts);

// A message is built where something went wrong: out of the way, and small at the place of the
// call.
template <typename... Parts>
[[gnu::cold]] std::string str(const Parts&... parts) {
  return concatenate({TextPart(parts)...});
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
    TextPart(element).append_to(out);
  }
  return out;
}

}  // namespace slipway
