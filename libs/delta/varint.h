// Numbers in as few bytes as they need: seven bits a byte, the lowest first; signed ones in
// zigzag order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"

namespace slipway::delta {

inline void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out += static_cast<char>((value & 0x7FU) | 0x80U);
  out += static_cast<char>(value);
}

inline void put_signed(std::string& out, std::int64_t value) {
  put_varint(out,
             (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63U));
}

// Takes numbers and bytes from the front of a piece of a delta; never reads beyond it.
class Taker {
 public:
  explicit Taker(std::span<const std::byte> bytes) : rest_(bytes) {}

  std::size_t left() const { return rest_.size(); }
  std::span<const std::byte> rest() const { return rest_; }

  Result<std::uint8_t> byte() {
    if (rest_.empty()) return ended();
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_ = rest_.subspan(1);
    return value;
  }
  Result<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return ended();
      const auto byte = static_cast<std::uint64_t>(rest_.front());
      rest_ = rest_.subspan(1);
      value |= (byte & 0x7FU) << shift;
      if (byte < 0x80) {
        if (shift == 63 && byte > 1) break;
        return value;
      }
    }
    return Error{Code::kInvalid, "the delta is damaged: a number of more than 64 bits"};
  }
  // kInvalid above `most`.
  Result<std::uint64_t> varint(std::uint64_t most) {
    const std::uint64_t value = TRY(varint());
    if (value > most) {
      return Error{Code::kInvalid, "the delta is damaged: a size is beyond what the format allows"};
    }
    return value;
  }
  Result<std::int64_t> signed_varint() {
    const std::uint64_t value = TRY(varint());
    return static_cast<std::int64_t>((value >> 1U) ^ (0 - (value & 1U)));
  }
  Result<std::span<const std::byte>> bytes(std::uint64_t count) {
    if (count > rest_.size()) return ended();
    const std::span<const std::byte> taken = rest_.first(static_cast<std::size_t>(count));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  static Error ended() {
    return {Code::kInvalid, "the delta is damaged: an operation ends too early"};
  }

  std::span<const std::byte> rest_;
};

}  // namespace slipway::delta
