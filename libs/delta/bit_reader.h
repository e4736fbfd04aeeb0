// Bits from bytes, the lowest first. Beyond the end there are zeros, and has_overrun() says so:
// asked once at the end, not at each bit.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace slipway::delta {

class BitReader {
 public:
  BitReader() = default;
  explicit BitReader(std::span<const std::byte> bytes)
      : next_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  // `count` up to 32.
  std::uint32_t take(std::uint32_t count) {
    if (held_ < count) fill();
    const auto value = static_cast<std::uint32_t>(bits_ & ((std::uint64_t{1} << count) - 1));
    bits_ >>= count;
    held_ -= count;
    return value;
  }

  // The same without asking whether there are bits: at least kFastBytes have to be left().
  std::uint32_t take_fast(std::uint32_t count) {
    std::uint64_t more;
    std::memcpy(&more, next_, 8);
    bits_ |= more << held_;
    next_ += (63 - held_) >> 3U;
    held_ |= 56U;  // whole bytes were added: those bits of `more` beyond stay, and come again
    const auto value = static_cast<std::uint32_t>(bits_ & ((std::uint64_t{1} << count) - 1));
    bits_ >>= count;
    held_ -= count;
    return value;
  }
  static constexpr std::ptrdiff_t kFastBytes = 8;
  std::ptrdiff_t left() const { return end_ - next_; }

  bool has_overrun() const { return borrowed_bits_ > held_; }
  // Whether nothing but the padding of the last byte is left.
  bool is_at_end() const {
    return next_ == end_ && held_ < 8 + borrowed_bits_ &&
           (bits_ & ((std::uint64_t{1} << held_) - 1)) == 0;
  }

 private:
  static_assert(std::endian::native == std::endian::little);

  void fill() {
    if (end_ - next_ >= 8) {
      std::uint64_t more;
      std::memcpy(&more, next_, 8);
      bits_ |= more << held_;
      next_ += (63 - held_) >> 3U;
      held_ |= 56U;
      return;
    }
    bits_ &= (std::uint64_t{1} << held_) - 1;
    while (held_ <= 55) {
      if (next_ < end_) {
        bits_ |= static_cast<std::uint64_t>(*next_++) << held_;
      } else {
        borrowed_bits_ += 8;
      }
      held_ += 8;
    }
  }

  const std::byte* next_ = nullptr;
  const std::byte* end_ = nullptr;
  std::uint64_t bits_ = 0;  // above the held ones: zeros, or bits that come again
  std::uint32_t held_ = 0;
  std::uint64_t borrowed_bits_ = 0;  // zeros beyond the end, of those held or taken
};

}  // namespace slipway::delta
