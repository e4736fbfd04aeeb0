#include "graph/lexer.h"

#include <algorithm>
#include <optional>

#include "base/str.h"
#include "graph/literal.h"

namespace slipway {
namespace {

constexpr std::string_view kPunctuation = "(){}[],=:@?";

}  // namespace

Error Lexer::error_at(std::size_t offset, std::string_view what) const {
  const std::string_view before = text_.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_start = before.find_last_of('\n');
  const std::size_t column =
      line_start == std::string_view::npos ? offset + 1 : offset - line_start;
  return Error{Code::kInvalid, str("line ", line, ", column ", column, ": ", what)};
}

void Lexer::skip_space() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      ++at_;
    } else {
      return;
    }
  }
}

// From the opening quote past the closing one.
Result<std::string> Lexer::take_string() {
  const std::size_t start = at_++;
  std::string out;
  while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n') {
    if (text_[at_] != '\\') {
      out += text_[at_++];
      continue;
    }
    const std::string_view escape = text_.substr(at_, 4);
    const char letter = escape.size() > 1 ? escape[1] : '\0';
    if (letter == 'x') {
      const std::optional<std::uint64_t> code =
          escape.size() == 4 ? parse_hex(str("0x", escape.substr(2))) : std::nullopt;
      if (!code.has_value()) return error_at(at_, "two hexadecimal digits expected after \\x");
      out += static_cast<char>(*code);
      at_ += 4;
      continue;
    }
    const std::size_t known = std::string_view("nt\"\\").find(letter);
    if (known == std::string_view::npos) return error_at(at_, "unknown escape in a string");
    out += "\n\t\"\\"[known];
    at_ += 2;
  }
  if (at_ == text_.size() || text_[at_] != '"') return error_at(start, "a string is not closed");
  ++at_;
  return out;
}

Result<Token> Lexer::next() {
  skip_space();
  Token token;
  token.offset = at_;
  if (at_ == text_.size()) return token;
  const bool is_value = text_[at_] == '%';
  if (is_value) ++at_;
  if (at_ < text_.size() && text_[at_] == '"') {
    token.kind = is_value ? Token::Kind::kValue : Token::Kind::kString;
    token.text = TRY(take_string());
    return token;
  }
  const std::size_t start = at_;
  while (at_ < text_.size() && is_word_character(text_[at_])) ++at_;
  token.text = text_.substr(start, at_ - start);
  if (!token.text.empty()) {
    token.kind = is_value ? Token::Kind::kValue : Token::Kind::kWord;
    return token;
  }
  if (is_value) return error_at(token.offset, "a name expected after %");
  if (kPunctuation.find(text_[at_]) == std::string_view::npos) {
    return error_at(at_, str("unexpected character ", quoted(text_.substr(at_, 1))));
  }
  token.kind = Token::Kind::kPunctuation;
  token.text = text_[at_++];
  return token;
}

}  // namespace slipway
