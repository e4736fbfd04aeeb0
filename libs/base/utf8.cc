#include "base/utf8.h"

namespace slipway {
namespace {

bool is_surrogate(std::uint32_t code_point) { return code_point >= 0xD800 && code_point < 0xE000; }

}  // namespace

bool append_utf8(std::string& text, std::uint32_t code_point) {
  if (is_surrogate(code_point) || code_point > 0x10FFFF) return false;
  const auto tail = [&](unsigned shift) {
    text += static_cast<char>(0x80U | ((code_point >> shift) & 0x3FU));
  };
  if (code_point < 0x80) {
    text += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    text += static_cast<char>(0xC0U | (code_point >> 6));
    tail(0);
  } else if (code_point < 0x10000) {
    text += static_cast<char>(0xE0U | (code_point >> 12));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0U | (code_point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
  return true;
}

std::optional<std::uint32_t> take_utf8(std::string_view& text) {
  const std::uint32_t lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC0 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                                           : 4;
  if (length == 0 || lead > 0xF4 || text.size() < length) return std::nullopt;
  std::uint32_t code_point = length == 1 ? lead : lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const std::uint32_t tail = static_cast<unsigned char>(text[i]);
    if ((tail & 0xC0U) != 0x80U) return std::nullopt;
    code_point = code_point << 6 | (tail & 0x3FU);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code_point < kSmallest[length] || is_surrogate(code_point) || code_point > 0x10FFFF) {
    return std::nullopt;
  }
  text.remove_prefix(length);
  return code_point;
}

}  // namespace slipway
