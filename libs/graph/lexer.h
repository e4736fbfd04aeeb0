// The tokens of the text form.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway {

struct Token {
  enum class Kind : std::uint8_t {
    kEnd,
    kWord,         // letters, digits and _ . / - + $
    kString,       // in double quotes, escapes resolved
    kValue,        // a % name, bare or quoted
    kPunctuation,  // one character
  };
  Kind kind = Kind::kEnd;
  std::string text;
  std::size_t offset = 0;

  bool is(char c) const { return kind == Kind::kPunctuation && text[0] == c; }
  bool is_word(std::string_view word) const { return kind == Kind::kWord && text == word; }
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  // White space and comments (# to the end of the line) stand between tokens.
  Result<Token> next();

  // "line 3, column 5: what"
  Error error_at(std::size_t offset, std::string_view what) const;
  std::size_t remaining() const { return text_.size() - at_; }

 private:
  void skip_space();
  Result<std::string> take_string();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace slipway
