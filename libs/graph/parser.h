// Parts of the text form's parser: a cursor over tokens, then types, tensors and attributes.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "graph/lexer.h"

namespace slipway {

inline constexpr int kMaxTextDepth = 64;

// The current token, and what may follow it.
class TokenCursor {
 public:
  explicit TokenCursor(std::string_view text) : lexer_(text) {}
  Status start() { return advance(); }

  const Token& token() const { return token_; }
  Status advance();
  bool at(char c) const { return token_.is(c); }
  bool at_word(std::string_view word) const { return token_.is_word(word); }
  Result<bool> accept(char c);
  Result<bool> accept_word(std::string_view word);
  Status expect(char c);
  Status expect_word(std::string_view word);
  Error error(std::string_view what) const { return lexer_.error_at(token_.offset, what); }
  // Bytes of text that are left: a bound on what may still be listed.
  std::size_t remaining() const { return lexer_.remaining(); }

  Result<std::string> string();  // quoted
  Result<std::string> name();    // bare or quoted
  Result<std::string> value();   // % name, without the %
  Result<std::int64_t> integer();
  Result<Metadata> metadata();     // {"key": "value", ...}
  Result<std::string> doc();       // what follows an optional `doc`
  Result<std::string> overload();  // what follows an optional ':'

  // f() for each element of a list up to `close`; the opening bracket has been taken.
  template <typename F>
  Status list(char close, F&& f) {
    if (TRY(accept(close))) return {};
    while (true) {
      TRY(f());
      if (TRY(accept(close))) return {};
      TRY(expect(','));
    }
  }

 private:
  Lexer lexer_;
  Token token_;
};

Result<Type> parse_type(TokenCursor& cursor, int depth = 0);
// ": type", or nothing: an unknown type.
Result<Type> parse_optional_type(TokenCursor& cursor);

// A tensor literal, from its element type on, and a sparse one after the word `sparse`.
Result<Tensor> parse_tensor(TokenCursor& cursor);
Result<SparseTensor> parse_sparse(TokenCursor& cursor);

// The names of a graph being parsed.
struct TextScope {
  Graph& graph;
  const std::vector<OpsetImport>& opsets;
  TextScope* outer = nullptr;
  int depth = 0;
  std::unordered_map<std::string, ValueId> names = {};
};

// name=value, and a graph from behind the word `graph` on.
Result<Attribute> parse_attribute(TokenCursor& cursor, TextScope& scope);
Status parse_graph(TokenCursor& cursor, TextScope& scope);

}  // namespace slipway
