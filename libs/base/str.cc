#include "base/str.h"

#include <charconv>

namespace slipway {
namespace {

template <typename Number>
void append_number(std::string& out, Number number) {
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end.ptr);
}

}  // namespace

void TextPart::append_to(std::string& out) const {
  switch (kind_) {
    case Kind::kText:
      out += text_;
      break;
    case Kind::kChar:
      out += static_cast<char>(unsigned_);
      break;
    case Kind::kBool:
      out += unsigned_ != 0 ? "true" : "false";
      break;
    case Kind::kSigned:
      append_number(out, static_cast<std::int64_t>(unsigned_));
      break;
    case Kind::kUnsigned:
      append_number(out, unsigned_);
      break;
    case Kind::kFloat:
      append_number(out, float_);
      break;
    case Kind::kDouble:
      append_number(out, double_);
      break;
  }
}

std::string concatenate(std::initializer_list<TextPart> parts) {
  std::string out;
  for (const TextPart& part : parts) part.append_to(out);
  return out;
}

}  // namespace slipway
