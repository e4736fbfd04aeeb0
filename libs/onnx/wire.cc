#include "onnx/wire.h"

#include <bit>

#include "base/str.h"

namespace slipway {
namespace {

static_assert(std::endian::native == std::endian::little, "fixed-size fields are read in place");

constexpr std::uint64_t kMaxFieldNumber = (std::uint64_t{1} << 29) - 1;

}  // namespace

Result<std::uint64_t> WireReader::take_varint(Bytes& rest) const {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest.empty()) {
      return Error{Code::kInvalid,
                   str("truncated at byte ", rest.data() - file_start_, ", inside a number")};
    }
    const auto byte = std::to_integer<std::uint64_t>(rest.front());
    rest = rest.subspan(1);
    value |= (byte & 0x7FU) << shift;
    if (byte < 0x80U) return value;
  }
  return Error{Code::kInvalid, str("malformed at byte ", rest.data() - file_start_,
                                   ": a number longer than ten bytes")};
}

Result<Bytes> WireReader::take(std::uint64_t count) {
  if (count > rest_.size()) {
    return Error{Code::kInvalid,
                 str("truncated at byte ", rest_.data() + rest_.size() - file_start_, ": field ",
                     field_, ", which starts at byte ", field_offset(), ", needs ",
                     count - rest_.size(), " bytes more")};
  }
  const Bytes taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

Result<bool> WireReader::next() {
  if (rest_.empty()) return false;
  start_ = rest_.data();
  const std::uint64_t key = TRY(take_varint(rest_));
  if (key >> 3 == 0 || key >> 3 > kMaxFieldNumber) {
    return Error{Code::kInvalid,
                 str("malformed at byte ", field_offset(), ": field number ", key >> 3)};
  }
  field_ = static_cast<std::uint32_t>(key >> 3);
  wire_ = static_cast<Wire>(key & 7U);
  switch (wire_) {
    case Wire::kVarint:
      number_ = TRY(take_varint(rest_));
      return true;
    case Wire::kFixed64:
      bytes_ = TRY(take(8));
      return true;
    case Wire::kFixed32:
      bytes_ = TRY(take(4));
      return true;
    case Wire::kBytes:
      bytes_ = TRY(take(TRY(take_varint(rest_))));
      return true;
  }
  return Error{Code::kInvalid, str("malformed at byte ", field_offset(), ": wire type ", key & 7U)};
}

Error WireReader::wrong_wire(std::string_view wanted) const {
  return Error{Code::kInvalid,
               str("malformed at byte ", field_offset(), ": field ", field_, " is not ", wanted)};
}

Error WireReader::ragged_words(std::size_t word_bytes) const {
  return Error{Code::kInvalid,
               str("malformed at byte ", field_offset(), ": field ", field_, " has ", bytes_.size(),
                   " bytes, not a multiple of ", word_bytes)};
}

Result<std::int64_t> WireReader::number() const {
  if (wire_ != Wire::kVarint) return wrong_wire("an integer");
  return static_cast<std::int64_t>(number_);
}

Result<float> WireReader::real() const {
  if (wire_ != Wire::kFixed32) return wrong_wire("a float");
  float value = 0;
  std::memcpy(&value, bytes_.data(), sizeof value);
  return value;
}

Result<Bytes> WireReader::bytes() const {
  if (wire_ != Wire::kBytes) return wrong_wire("text, bytes or a message");
  return bytes_;
}

Result<std::string_view> WireReader::text() const { return as_text(TRY(bytes())); }

Result<WireReader> WireReader::message() const { return WireReader(TRY(bytes()), file_start_); }

}  // namespace slipway
