// The protobuf wire format, read in place: the fields of one message, one after the other.
// Lengths have 64 bits. Every error names the byte of the file where it stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace slipway {

using Bytes = std::span<const std::byte>;

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

enum class Wire : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

class WireReader {
 public:
  // `file_start` is where offsets in errors count from.
  WireReader(Bytes message, const std::byte* file_start)
      : rest_(message), file_start_(file_start), start_(message.data()) {}

  // Moves to the next field; false at the end of the message.
  Result<bool> next();

  std::uint32_t field() const { return field_; }
  Wire wire() const { return wire_; }
  std::size_t field_offset() const { return static_cast<std::size_t>(start_ - file_start_); }

  // The current field's value; an error when the file holds another wire type.
  Result<std::int64_t> number() const;
  Result<float> real() const;
  Result<Bytes> bytes() const;
  Result<std::string_view> text() const;
  Result<WireReader> message() const;

  // Calls f(std::uint64_t) for each number of a repeated field, packed or single.
  template <typename F>
  Status each_number(F&& f) const;
  // Calls f(T) for each little-endian word of a repeated field, packed or single.
  template <typename T, typename F>
  Status each_word(F&& f) const;

 private:
  Result<std::uint64_t> take_varint(Bytes& rest) const;
  Result<Bytes> take(std::uint64_t count);
  Error wrong_wire(std::string_view wanted) const;
  Error ragged_words(std::size_t word_bytes) const;

  Bytes rest_;
  const std::byte* file_start_;
  const std::byte* start_;  // of the current field
  std::uint32_t field_ = 0;
  Wire wire_ = Wire::kVarint;
  std::uint64_t number_ = 0;
  Bytes bytes_;
};

template <typename F>
Status WireReader::each_number(F&& f) const {
  if (wire_ != Wire::kBytes) {
    f(static_cast<std::uint64_t>(TRY(number())));
    return {};
  }
  Bytes rest = bytes_;
  while (!rest.empty()) f(TRY(take_varint(rest)));
  return {};
}

template <typename T, typename F>
Status WireReader::each_word(F&& f) const {
  if (wire_ == Wire::kVarint) return wrong_wire("a fixed-size number");
  if (bytes_.size() % sizeof(T) != 0) return ragged_words(sizeof(T));
  for (std::size_t at = 0; at < bytes_.size(); at += sizeof(T)) {
    T word;
    std::memcpy(&word, bytes_.data() + at, sizeof word);
    f(word);
  }
  return {};
}

}  // namespace slipway
