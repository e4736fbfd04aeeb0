// The protobuf wire format, written: a message as a chain of pieces, of which large ones are
// borrowed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "onnx/wire.h"

namespace slipway {

class WireWriter {
 public:
  void number(std::uint32_t field, std::int64_t value);
  void real(std::uint32_t field, float value);
  void text(std::uint32_t field, std::string_view value);
  void text_unless_empty(std::uint32_t field, std::string_view value) {
    if (!value.empty()) text(field, value);
  }
  void message(std::uint32_t field, WireWriter content);
  // The bytes must live until the message has been written.
  void borrowed(std::uint32_t field, Bytes value);
  void owned(std::uint32_t field, std::vector<std::byte> value);

  std::uint64_t size_bytes() const { return size_bytes_; }

  // Calls sink(std::string_view) for each piece in order; sink returns a Status.
  template <typename Sink>
  Status emit(Sink&& sink) const;

 private:
  struct Piece {
    std::string text;  // or, when that is empty:
    Bytes borrowed;
  };
  void head(std::uint32_t field, Wire wire);
  void varint(std::uint64_t value);
  void raw(std::string_view bytes);

  std::vector<Piece> pieces_;
  std::uint64_t size_bytes_ = 0;
};

template <typename Sink>
Status WireWriter::emit(Sink&& sink) const {
  for (const Piece& piece : pieces_) {
    TRY(sink(piece.text.empty() ? as_text(piece.borrowed) : std::string_view(piece.text)));
  }
  return {};
}

}  // namespace slipway
