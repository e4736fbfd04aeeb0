// Types, tensors and the small pieces of the text form.
#include <charconv>
#include <cstring>
#include <optional>
#include <system_error>

#include "base/str.h"
#include "graph/literal.h"
#include "graph/parser.h"

namespace slipway {

Status TokenCursor::advance() {
  token_ = TRY(lexer_.next());
  return {};
}

Result<bool> TokenCursor::accept(char c) {
  if (!at(c)) return false;
  TRY(advance());
  return true;
}

Result<bool> TokenCursor::accept_word(std::string_view word) {
  if (!at_word(word)) return false;
  TRY(advance());
  return true;
}

Status TokenCursor::expect(char c) {
  if (TRY(accept(c))) return {};
  return error(str("'", c, "' expected"));
}

Status TokenCursor::expect_word(std::string_view word) {
  if (TRY(accept_word(word))) return {};
  return error(str("'", word, "' expected"));
}

Result<std::string> TokenCursor::string() {
  if (token_.kind != Token::Kind::kString) return error("a string expected");
  std::string text = std::move(token_.text);
  TRY(advance());
  return text;
}

Result<std::string> TokenCursor::name() {
  if (token_.kind != Token::Kind::kString && token_.kind != Token::Kind::kWord) {
    return error("a name expected");
  }
  std::string text = std::move(token_.text);
  TRY(advance());
  return text;
}

Result<std::string> TokenCursor::value() {
  if (token_.kind != Token::Kind::kValue) return error("a value's name, %..., expected");
  std::string text = std::move(token_.text);
  TRY(advance());
  return text;
}

Result<std::int64_t> TokenCursor::integer() {
  std::int64_t number = 0;
  const std::string& text = token_.text;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (token_.kind != Token::Kind::kWord || failed != std::errc{} ||
      end != text.data() + text.size()) {
    return error("an integer of 64 bits expected");
  }
  TRY(advance());
  return number;
}

Result<Metadata> TokenCursor::metadata() {
  Metadata metadata;
  TRY(expect('{'));
  TRY(list('}', [&]() -> Status {
    std::string key = TRY(string());
    TRY(expect(':'));
    metadata.emplace_back(std::move(key), TRY(string()));
    return {};
  }));
  return metadata;
}

Result<std::string> TokenCursor::doc() {
  if (!TRY(accept_word("doc"))) return std::string();
  return string();
}

Result<std::string> TokenCursor::overload() {
  if (!TRY(accept(':'))) return std::string();
  return name();
}

namespace {

Result<DType> parse_dtype(TokenCursor& cursor) {
  const Token& token = cursor.token();
  const std::optional<DType> dtype = token.is_word("any") ? std::optional(DType::kUndefined)
                                     : token.kind == Token::Kind::kWord
                                         ? dtype_from_name(token.text)
                                         : std::nullopt;
  if (!dtype.has_value()) return cursor.error("a type expected");
  TRY(cursor.advance());
  return *dtype;
}

Result<Dim> parse_dim(TokenCursor& cursor) {
  if (TRY(cursor.accept('?'))) return Dim();
  const Token& token = cursor.token();
  if (token.kind == Token::Kind::kWord && !is_bare_name(token.text)) {
    const std::int64_t extent = TRY(cursor.integer());
    if (extent < 0) return cursor.error("a dimension may not be negative");
    return Dim(extent);
  }
  std::string symbol = TRY(cursor.name());
  if (symbol.empty()) return cursor.error("an unknown dimension is written ?");
  return Dim::symbol(std::move(symbol));
}

Result<Type> parse_tensor_type(TokenCursor& cursor) {
  Type type = Type::tensor(TRY(parse_dtype(cursor)));
  if (!TRY(cursor.accept('['))) return type;
  type.dims.emplace();
  TRY(cursor.list(']', [&]() -> Status {
    type.dims->push_back(TRY(parse_dim(cursor)));
    return {};
  }));
  return type;
}

}  // namespace

Result<Type> parse_type(TokenCursor& cursor, int depth) {
  if (depth > kMaxTextDepth) return cursor.error("types nest too deeply");
  if (TRY(cursor.accept('?'))) return Type{};
  Type type;
  if (cursor.at_word("seq") || cursor.at_word("optional")) {
    type.kind = cursor.at_word("seq") ? Type::Kind::kSequence : Type::Kind::kOptional;
    TRY(cursor.advance());
    TRY(cursor.expect('('));
    type.element.push_back(TRY(parse_type(cursor, depth + 1)));
  } else if (TRY(cursor.accept_word("map"))) {
    type.kind = Type::Kind::kMap;
    TRY(cursor.expect('('));
    type.dtype = TRY(parse_dtype(cursor));
    TRY(cursor.expect(','));
    type.element.push_back(TRY(parse_type(cursor, depth + 1)));
  } else if (TRY(cursor.accept_word("sparse"))) {
    TRY(cursor.expect('('));
    type = TRY(parse_tensor_type(cursor));
    type.kind = Type::Kind::kSparseTensor;
  } else {
    return parse_tensor_type(cursor);
  }
  TRY(cursor.expect(')'));
  return type;
}

Result<Type> parse_optional_type(TokenCursor& cursor) {
  if (!TRY(cursor.accept(':'))) return Type{};
  return parse_type(cursor);
}

namespace {

Result<Shape> parse_shape(TokenCursor& cursor) {
  Shape shape;
  TRY(cursor.expect('['));
  TRY(cursor.list(']', [&]() -> Status {
    shape.push_back(TRY(cursor.integer()));
    return {};
  }));
  return shape;
}

Result<std::uint64_t> parse_element_bits(TokenCursor& cursor, DType dtype) {
  if (cursor.token().kind != Token::Kind::kWord) return cursor.error("a number expected");
  const Token number = cursor.token();
  TRY(cursor.advance());
  std::optional<std::uint64_t> nan_bits;
  if (number.text == "nan" && TRY(cursor.accept(':'))) {
    nan_bits = parse_hex(cursor.token().text);
    if (!nan_bits.has_value()) return cursor.error("the bits of a NaN expected, 0x...");
    TRY(cursor.advance());
  }
  const std::optional<std::uint64_t> bits = parse_real(dtype, number.text, nan_bits);
  if (!bits.has_value()) {
    return cursor.error(str(shorten(number.text, 40), " is no exact value of type ", name(dtype)));
  }
  return *bits;
}

Status parse_complex(TokenCursor& cursor, DType dtype, std::byte* out) {
  const DType part = dtype == DType::kComplex64 ? DType::kFloat32 : DType::kFloat64;
  const std::size_t width = element_bytes(part);
  TRY(cursor.expect('('));
  const std::uint64_t real = TRY(parse_element_bits(cursor, part));
  TRY(cursor.expect(','));
  const std::uint64_t imaginary = TRY(parse_element_bits(cursor, part));
  std::memcpy(out, &real, width);
  std::memcpy(out + width, &imaginary, width);
  return cursor.expect(')');
}

Status parse_element(TokenCursor& cursor, Tensor& tensor, std::span<std::byte> bytes,
                     std::size_t at) {
  const DType dtype = tensor.dtype();
  if (dtype == DType::kString) {
    tensor.mutable_data<std::string>()[at] = TRY(cursor.string());
    return {};
  }
  const std::size_t width = element_bytes(dtype);
  std::byte* const out = bytes.data() + at * width;
  if (info(dtype).kind == DTypeKind::kComplex) return parse_complex(cursor, dtype, out);
  const std::uint64_t bits = TRY(parse_element_bits(cursor, dtype));
  std::memcpy(out, &bits, width);
  return {};
}

}  // namespace

Result<Tensor> parse_tensor(TokenCursor& cursor) {
  const DType dtype = TRY(parse_dtype(cursor));
  if (dtype == DType::kUndefined) return cursor.error("a tensor needs a type for its elements");
  Shape shape = TRY(parse_shape(cursor));
  const Result<std::size_t> count = element_count(shape);
  if (!count.ok()) return cursor.error(count.error().message);
  // An element takes two characters at least: nothing is allocated for more than the text can list.
  if (*count > cursor.remaining()) {
    return cursor.error(str(*count, " elements do not follow"));
  }
  Tensor tensor = TRY(Tensor::create(dtype, std::move(shape)));
  const std::span<std::byte> bytes =
      dtype == DType::kString ? std::span<std::byte>() : tensor.mutable_bytes();
  TRY(cursor.expect('{'));
  std::size_t done = 0;
  TRY(cursor.list('}', [&]() -> Status {
    if (done == *count) return cursor.error(str("more than ", *count, " elements"));
    return parse_element(cursor, tensor, bytes, done++);
  }));
  if (done != *count) return cursor.error(str(done, " elements, the shape wants ", *count));
  return tensor;
}

Result<SparseTensor> parse_sparse(TokenCursor& cursor) {
  SparseTensor sparse;
  sparse.shape = TRY(parse_shape(cursor));
  const Result<std::size_t> count = element_count(sparse.shape);
  if (!count.ok()) return cursor.error(count.error().message);
  TRY(cursor.expect('('));
  sparse.values = TRY(parse_tensor(cursor));
  TRY(cursor.expect(','));
  sparse.indices = TRY(parse_tensor(cursor));
  TRY(cursor.expect(')'));
  return sparse;
}

}  // namespace slipway
