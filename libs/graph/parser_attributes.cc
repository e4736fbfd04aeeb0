// Attributes of the text form.
#include <charconv>
#include <cstring>
#include <optional>

#include "base/str.h"
#include "graph/literal.h"
#include "graph/parser.h"

namespace slipway {
namespace {

bool is_number_word(const Token& token) {
  if (token.kind != Token::Kind::kWord) return false;
  const char first = token.text.front();
  return (first >= '0' && first <= '9') || first == '-' || first == '+' || token.text == "inf" ||
         token.text == "nan";
}

bool is_integer_word(const std::string& text) {
  return text.find_first_not_of("-0123456789") == std::string::npos;
}

Result<float> parse_float(TokenCursor& cursor) {
  if (!is_number_word(cursor.token())) return cursor.error("a number expected");
  const Token number = cursor.token();
  TRY(cursor.advance());
  std::optional<std::uint64_t> nan_bits;
  if (number.text == "nan" && TRY(cursor.accept(':'))) {
    nan_bits = parse_hex(cursor.token().text);
    if (!nan_bits.has_value()) return cursor.error("the bits of a NaN expected, 0x...");
    TRY(cursor.advance());
  }
  const std::optional<std::uint64_t> bits = parse_real(DType::kFloat32, number.text, nan_bits);
  if (!bits.has_value()) return cursor.error(str(shorten(number.text, 40), " is no float"));
  const auto word = static_cast<std::uint32_t>(*bits);
  float value = 0;
  std::memcpy(&value, &word, sizeof value);
  return value;
}

// A list of one kind, from behind the bracket on.
template <typename T, typename F>
Result<Attribute::Payload> parse_items(TokenCursor& cursor, F&& item) {
  std::vector<T> items;
  TRY(cursor.list(']', [&]() -> Status {
    items.push_back(TRY(item()));
    return {};
  }));
  return Attribute::Payload(std::move(items));
}

Result<std::unique_ptr<Graph>> parse_subgraph(TokenCursor& cursor, TextScope& scope) {
  if (scope.depth >= kMaxTextDepth) return cursor.error("graphs nest too deeply");
  if (TRY(cursor.accept_word("none"))) return std::unique_ptr<Graph>();
  TRY(cursor.expect_word("graph"));
  auto graph = std::make_unique<Graph>();
  TextScope inner{*graph, scope.opsets, &scope, scope.depth + 1};
  TRY(parse_graph(cursor, inner));
  return graph;
}

Result<SparseTensor> parse_sparse_item(TokenCursor& cursor) {
  TRY(cursor.expect_word("sparse"));
  return parse_sparse(cursor);
}

// [1, 2], [1.0, 2.0] or ["a", "b"], by the first element; not empty.
Result<Attribute::Payload> parse_plain_list(TokenCursor& cursor) {
  if (cursor.token().kind == Token::Kind::kString) {
    return parse_items<std::string>(cursor, [&] { return cursor.string(); });
  }
  if (is_number_word(cursor.token()) && is_integer_word(cursor.token().text)) {
    return parse_items<std::int64_t>(cursor, [&] { return cursor.integer(); });
  }
  if (is_number_word(cursor.token())) {
    return parse_items<float>(cursor, [&] { return parse_float(cursor); });
  }
  return cursor.error(
      "a list of numbers or strings expected; an empty one is ints[], floats[] or strings[]");
}

// A list after the word that names its kind.
Result<std::optional<Attribute::Payload>> parse_named_list(TokenCursor& cursor, TextScope& scope) {
  const auto take = [&](std::string_view word) -> Result<bool> {
    if (!TRY(cursor.accept_word(word))) return false;
    TRY(cursor.expect('['));
    return true;
  };
  using Payload = std::optional<Attribute::Payload>;
  if (TRY(take("ints"))) {
    return Payload(TRY(parse_items<std::int64_t>(cursor, [&] { return cursor.integer(); })));
  }
  if (TRY(take("floats"))) {
    return Payload(TRY(parse_items<float>(cursor, [&] { return parse_float(cursor); })));
  }
  if (TRY(take("strings"))) {
    return Payload(TRY(parse_items<std::string>(cursor, [&] { return cursor.string(); })));
  }
  if (TRY(take("tensors"))) {
    return Payload(TRY(parse_items<Tensor>(cursor, [&] { return parse_tensor(cursor); })));
  }
  if (TRY(take("graphs"))) {
    return Payload(TRY(parse_items<std::unique_ptr<Graph>>(
        cursor, [&] { return parse_subgraph(cursor, scope); })));
  }
  if (TRY(take("sparse_tensors"))) {
    return Payload(
        TRY(parse_items<SparseTensor>(cursor, [&] { return parse_sparse_item(cursor); })));
  }
  if (TRY(take("types"))) {
    return Payload(TRY(parse_items<Type>(cursor, [&] { return parse_type(cursor); })));
  }
  return Payload();
}

Result<Attribute::Payload> parse_payload(TokenCursor& cursor, TextScope& scope) {
  using Payload = Attribute::Payload;
  if (cursor.token().kind == Token::Kind::kString) return Payload(TRY(cursor.string()));
  if (TRY(cursor.accept('['))) return parse_plain_list(cursor);
  if (is_number_word(cursor.token())) {
    if (is_integer_word(cursor.token().text)) return Payload(TRY(cursor.integer()));
    return Payload(TRY(parse_float(cursor)));
  }
  if (TRY(cursor.accept_word("none"))) return Payload();
  if (TRY(cursor.accept_word("type"))) return Payload(TRY(parse_type(cursor)));
  if (TRY(cursor.accept_word("sparse"))) return Payload(TRY(parse_sparse(cursor)));
  if (cursor.at_word("graph")) return Payload(TRY(parse_subgraph(cursor, scope)));
  std::optional<Payload> list = TRY(parse_named_list(cursor, scope));
  if (list.has_value()) return *std::move(list);
  return Payload(TRY(parse_tensor(cursor)));
}

Result<AttrKind> parse_kind(TokenCursor& cursor) {
  for (int number = 1; number <= static_cast<int>(AttrKind::kTypes); ++number) {
    const auto kind = static_cast<AttrKind>(number);
    if (TRY(cursor.accept_word(name(kind)))) return kind;
  }
  return cursor.error("a kind of attribute expected: float, ints, tensor, ...");
}

}  // namespace

Result<Attribute> parse_attribute(TokenCursor& cursor, TextScope& scope) {
  Attribute attribute;
  attribute.name = TRY(cursor.name());
  TRY(cursor.expect('='));
  if (TRY(cursor.accept('@'))) {
    attribute.reference = TRY(cursor.name());
    if (TRY(cursor.accept(':'))) attribute.kind = TRY(parse_kind(cursor));
  } else {
    attribute.value = TRY(parse_payload(cursor, scope));
    attribute.kind = static_cast<AttrKind>(attribute.value.index());
  }
  attribute.doc = TRY(cursor.doc());
  return attribute;
}

}  // namespace slipway
