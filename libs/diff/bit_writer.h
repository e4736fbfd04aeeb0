// Bits to bytes, the lowest first: what delta::BitReader reads.
#pragma once

#include <cstdint>
#include <string>

namespace slipway::diff {

class BitWriter {
 public:
  // `count` up to 32; `value` has no bits beyond them.
  void put(std::uint32_t value, std::uint32_t count) {
    bits_ |= static_cast<std::uint64_t>(value) << held_;
    held_ += count;
    for (; held_ >= 8; held_ -= 8, bits_ >>= 8U) bytes_ += static_cast<char>(bits_ & 0xFFU);
  }
  std::string finish() {
    if (held_ > 0) bytes_ += static_cast<char>(bits_ & 0xFFU);
    held_ = 0;
    bits_ = 0;
    return std::move(bytes_);
  }

 private:
  std::string bytes_;
  std::uint64_t bits_ = 0;
  std::uint32_t held_ = 0;
};

}  // namespace slipway::diff
