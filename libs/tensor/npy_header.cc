#include "tensor/npy_header.h"

#include <charconv>
#include <cstdint>
#include <system_error>

#include "base/str.h"

namespace slipway {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "\x93NUMPY"sv;
constexpr std::size_t kAlignmentBytes = 64;
constexpr std::size_t kMaxHeaderBytes = 1 << 20;
constexpr std::size_t kMaxRank = 64;

Error malformed(std::string_view what) {
  return Error{Code::kInvalid, str("malformed .npy header: ", what)};
}

// Reads the few Python literals that a header is made of.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool accept(char wanted) {
    skip_space();
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }

  Status expect(char wanted) {
    if (accept(wanted)) return {};
    return malformed(str("'", wanted, "' expected before \"", shorten(text_, 30), "\""));
  }

  Result<std::string_view> quoted() {
    skip_space();
    if (text_.empty() || (text_.front() != '\'' && text_.front() != '"')) {
      return malformed("a quoted word expected");
    }
    const std::size_t end = text_.find(text_.front(), 1);
    if (end == std::string_view::npos) return malformed("a quote is not closed");
    const std::string_view word = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return word;
  }

  Result<std::int64_t> number() {
    skip_space();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc{}) return malformed("a dimension is no 64-bit number");
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    if (!text_.empty() && text_.front() == 'L') text_.remove_prefix(1);  // Python 2
    return value;
  }

  Result<bool> boolean() {
    skip_space();
    for (const std::string_view word : {"True"sv, "False"sv}) {
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return word == "True";
    }
    return malformed("True or False expected");
  }

  bool at_end() {
    skip_space();
    return text_.empty();
  }

 private:
  void skip_space() {
    const std::size_t start = text_.find_first_not_of(" \n\t\r\0"sv);
    text_.remove_prefix(start == std::string_view::npos ? text_.size() : start);
  }
  std::string_view text_;
};

// "<f4", "|b1", "U5", ">c16"
Status parse_type(std::string_view text, NpyHeader& header) {
  if (!text.empty() && "<>=|"sv.find(text.front()) != std::string_view::npos) {
    header.byte_order = text.front();
    text.remove_prefix(1);
  }
  if (text.empty()) return malformed("an empty type");
  header.kind = text.front();
  text.remove_prefix(1);
  if (text.empty()) return {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), header.width);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error != std::errc{} || (!unit.empty() && unit.front() != '[')) {
    return malformed(str("type ", shorten(text, 30)));
  }
  return {};
}

// A type, or a list of one (name, type).
Status parse_descr(Cursor& cursor, NpyHeader& header) {
  if (!cursor.accept('[')) return parse_type(TRY(cursor.quoted()), header);
  TRY(cursor.expect('('));
  header.field = TRY(cursor.quoted());
  TRY(cursor.expect(','));
  TRY(parse_type(TRY(cursor.quoted()), header));
  if (cursor.accept(',')) {
    if (!cursor.accept(')')) {
      return Error{Code::kUnsupported,
                   "an array of structures with sub-arrays: save one plain array"};
    }
  } else {
    TRY(cursor.expect(')'));
  }
  cursor.accept(',');
  if (!cursor.accept(']')) {
    return Error{Code::kUnsupported,
                 "an array of structures with several fields: save each field as an array"};
  }
  return {};
}

Status parse_shape(Cursor& cursor, Shape& shape) {
  TRY(cursor.expect('('));
  while (!cursor.accept(')')) {
    if (shape.size() == kMaxRank) return malformed(str("more than ", kMaxRank, " dimensions"));
    shape.push_back(TRY(cursor.number()));
    if (cursor.accept(',')) continue;
    TRY(cursor.expect(')'));
    return {};
  }
  return {};
}

Status parse_dictionary(std::string_view text, NpyHeader& header) {
  Cursor cursor(text);
  unsigned seen = 0;
  TRY(cursor.expect('{'));
  while (!cursor.accept('}')) {
    const std::string_view key = TRY(cursor.quoted());
    TRY(cursor.expect(':'));
    unsigned bit = 0;
    if (key == "descr") {
      bit = 1;
      TRY(parse_descr(cursor, header));
    } else if (key == "fortran_order") {
      bit = 2;
      header.fortran_order = TRY(cursor.boolean());
    } else if (key == "shape") {
      bit = 4;
      TRY(parse_shape(cursor, header.shape));
    } else {
      return malformed(str("unknown key ", shorten(key, 30)));
    }
    if ((seen & bit) != 0) return malformed(str("key ", key, " twice"));
    seen |= bit;
    if (cursor.accept(',')) continue;
    TRY(cursor.expect('}'));
    break;
  }
  if (seen != 7) return malformed("descr, fortran_order and shape are required");
  return cursor.at_end() ? Status{} : malformed("text after the dictionary");
}

std::size_t little_endian(std::span<const std::byte> bytes) {
  std::size_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | std::to_integer<std::size_t>(bytes[i]);
  }
  return value;
}

}  // namespace

Result<NpyHeader> parse_npy_header(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kMagic)) {
    return Error{Code::kInvalid, text.starts_with("PK")
                                     ? "is a zip archive, not one .npy array: name it .npz"
                                     : "is no .npy file: save it with numpy.save"};
  }
  const unsigned version = text.size() > 6 ? static_cast<unsigned char>(text[6]) : 0;
  if (text.size() > 6 && (version < 1 || version > 3)) {
    return Error{Code::kUnsupported, str(".npy version ", version, "; versions 1 to 3 are known")};
  }
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  const std::size_t start = kMagic.size() + 2 + length_bytes;
  if (bytes.size() < start) return malformed("the file ends inside it");
  const std::size_t length = little_endian(bytes.subspan(kMagic.size() + 2, length_bytes));
  if (length > bytes.size() - start) return malformed("the file ends inside it");
  if (length > kMaxHeaderBytes) return malformed(str(length, " bytes long"));
  NpyHeader header;
  header.header_bytes = start + length;
  TRY(parse_dictionary(text.substr(start, length), header));
  TRY(element_count(header.shape));
  return header;
}

std::string npy_header_text(std::string_view descr, const Shape& shape) {
  const std::string dictionary = str("{'descr': ", descr, ", 'fortran_order': False, 'shape': (",
                                     join(shape, ", "), shape.size() == 1 ? ",), }" : "), }");
  const std::size_t fixed = kMagic.size() + 4;
  const std::size_t unpadded = fixed + dictionary.size() + 1;
  const std::size_t padded = (unpadded + kAlignmentBytes - 1) / kAlignmentBytes * kAlignmentBytes;
  const std::size_t length = padded - fixed;
  std::string text(kMagic);
  text += {'\x01', '\x00', static_cast<char>(length & 0xFFU), static_cast<char>(length >> 8)};
  text += dictionary;
  text.append(padded - unpadded, ' ');
  text += '\n';
  return text;
}

}  // namespace slipway
