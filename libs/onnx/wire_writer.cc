#include "onnx/wire_writer.h"

#include <utility>

namespace slipway {
namespace {

// Less is copied into the running text.
constexpr std::size_t kBorrowedFromBytes = 1024;

}  // namespace

void WireWriter::raw(std::string_view bytes) {
  size_bytes_ += bytes.size();
  if (pieces_.empty() || !pieces_.back().borrowed.empty()) pieces_.emplace_back();
  pieces_.back().text += bytes;
}

void WireWriter::varint(std::uint64_t value) {
  std::string digits;
  for (; value >= 0x80U; value >>= 7) digits += static_cast<char>((value & 0x7FU) | 0x80U);
  digits += static_cast<char>(value);
  raw(digits);
}

void WireWriter::head(std::uint32_t field, Wire wire) {
  varint(std::uint64_t{field} << 3 | static_cast<std::uint64_t>(wire));
}

void WireWriter::number(std::uint32_t field, std::int64_t value) {
  head(field, Wire::kVarint);
  varint(static_cast<std::uint64_t>(value));
}

void WireWriter::real(std::uint32_t field, float value) {
  head(field, Wire::kFixed32);
  raw({reinterpret_cast<const char*>(&value), sizeof value});
}

void WireWriter::text(std::uint32_t field, std::string_view value) {
  head(field, Wire::kBytes);
  varint(value.size());
  raw(value);
}

void WireWriter::borrowed(std::uint32_t field, Bytes value) {
  if (value.size() < kBorrowedFromBytes) return text(field, as_text(value));
  head(field, Wire::kBytes);
  varint(value.size());
  size_bytes_ += value.size();
  pieces_.push_back({{}, value});
}

void WireWriter::owned(std::uint32_t field, std::vector<std::byte> value) {
  text(field, as_text(value));
}

void WireWriter::message(std::uint32_t field, WireWriter content) {
  head(field, Wire::kBytes);
  varint(content.size_bytes_);
  for (Piece& piece : content.pieces_) {
    if (!piece.text.empty()) {
      raw(piece.text);
    } else {
      size_bytes_ += piece.borrowed.size();
      pieces_.push_back(std::move(piece));
    }
  }
}

}  // namespace slipway
