// Bits from bytes, the lowest first. Beyond the end there are zeros, and has_overrun() says so:
// asked once at the end, not at each bit.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace slipway::delta {

class BitReader {
 public:
  BitReader() = default;
  explicit BitReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  // `count` up to 32.
  std::uint32_t take(std::uint32_t count) {
    if (has_fast(1)) {
      return take_fast(count, static_cast<std::uint32_t>((std::uint64_t{1} << count) - 1));
    }
    const auto first = static_cast<std::size_t>(std::min<std::uint64_t>(at_ >> 3U, bytes_.size()));
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes_.data() + first, std::min<std::size_t>(8, bytes_.size() - first));
    const std::uint64_t value = bits >> (at_ & 7U) & ((std::uint64_t{1} << count) - 1);
    at_ += count;
    return static_cast<std::uint32_t>(value);
  }

  // The same where has_fast(1): the next bits, of which `mask` has as many as are taken.
  std::uint32_t take_fast(std::uint32_t count, std::uint32_t mask) {
    std::uint64_t bits;
    std::memcpy(&bits, bytes_.data() + (at_ >> 3U), 8);
    at_ += count;
    return static_cast<std::uint32_t>(bits >> ((at_ - count) & 7U)) & mask;
  }
  // Whether take_fast() may be asked for so many times.
  bool has_fast(std::size_t times) const { return (at_ >> 3U) + times * 4 + 8 <= bytes_.size(); }

  bool has_overrun() const { return at_ > bytes_.size() * std::uint64_t{8}; }
  // Whether nothing but the padding of the last byte is left.
  bool is_at_end() const {
    if (has_overrun() || (at_ + 7) / 8 != bytes_.size()) return false;
    return (at_ & 7U) == 0 || std::to_integer<unsigned>(bytes_.back()) >> (at_ & 7U) == 0;
  }

 private:
  static_assert(std::endian::native == std::endian::little);

  std::span<const std::byte> bytes_;
  std::uint64_t at_ = 0;  // bits that were taken
};

}  // namespace slipway::delta
