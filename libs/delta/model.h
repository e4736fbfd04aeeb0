// The model of a difference, which who writes a delta and who applies it keep in step: whole
// numbers only, so that every processor decodes the same. docs/formats/delta.md, "Coded numbers".
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "delta/format.h"

namespace slipway::delta {

// A number as a symbol and the bits that follow it: small magnitudes have a symbol of their own,
// larger ones share one with those that have the same three leading bits.
struct Coded {
  std::uint8_t symbol;
  std::uint8_t bits;  // how many
  std::uint32_t rest;
};

constexpr Coded code_of(std::int32_t value) {
  const std::uint32_t sign = value < 0 ? 1 : 0;
  const std::uint32_t magnitude =
      sign != 0 ? 0U - static_cast<std::uint32_t>(value) : static_cast<std::uint32_t>(value);
  if (magnitude < 8) return {static_cast<std::uint8_t>(magnitude * 2 + sign), 0, 0};
  const auto length = static_cast<std::uint32_t>(std::bit_width(magnitude));
  const std::uint32_t bits = length - 3;
  const std::uint32_t index = 8 + (length - 4) * 4 + ((magnitude >> bits) & 3U);
  return {static_cast<std::uint8_t>(index * 2 + sign), static_cast<std::uint8_t>(bits),
          magnitude & ((1U << bits) - 1)};
}

// What a symbol means.
struct Meaning {
  std::uint32_t least;  // magnitude
  std::uint8_t bits;    // that follow
  std::uint8_t is_negative;
  std::int16_t log;  // of the magnitude to base 2, in sixteenths; of zero: kLogOfZero
};

inline constexpr std::int16_t kLogOfZero = -64;

// log2 of 1 + i/8 in sixteenths, rounded.
inline constexpr std::array<std::int16_t, 8> kLogOfEighths = {0, 3, 5, 7, 9, 11, 13, 15};

constexpr std::array<Meaning, kSymbols> make_meanings() {
  std::array<Meaning, kSymbols> meanings{};
  for (std::uint32_t symbol = 0; symbol < kSymbols; ++symbol) {
    const std::uint32_t index = symbol / 2;
    Meaning& meaning = meanings[symbol];
    meaning.is_negative = symbol & 1U;
    if (index < 8) {
      meaning.least = index;
      if (index == 0) {
        meaning.log = kLogOfZero;
        continue;
      }
      const int length = std::bit_width(index);
      const std::uint32_t eighths = (index << 3U >> (length - 1)) & 7U;
      meaning.log = static_cast<std::int16_t>(16 * (length - 1) + kLogOfEighths[eighths]);
    } else {
      // The last symbols would be longer than 32 bits: no number has them, a damaged delta may.
      const std::uint32_t length = std::min((index - 8) / 4 + 4, 32U);
      meaning.bits = static_cast<std::uint8_t>(length - 3);
      meaning.least = (4U + (index - 8) % 4) << meaning.bits;
      const std::uint32_t eighths = (index - 8) % 4 * 2 + 1;  // the middle of the quarter
      meaning.log = static_cast<std::int16_t>(16 * (length - 1) + kLogOfEighths[eighths]);
    }
  }
  return meanings;
}
inline constexpr std::array<Meaning, kSymbols> kMeanings = make_meanings();

constexpr std::uint32_t magnitude_sign(std::uint32_t magnitude, std::uint32_t is_negative) {
  return (magnitude ^ (0U - is_negative)) + is_negative;
}

// What is known of the next number before it is decoded.
//   Floating point: the exponent of the prediction, in sixteenths of an octave; the context is how
//   large the difference is expected to be in units of the prediction's last place, in half
//   octaves, where the recent differences of the same lane tell how large it is in itself.
//   Whole numbers: one of eight groups; the context is the group and the recent differences.
enum class Kind : std::uint8_t { kFloat, kInteger };

// The recent size of a lane: a mean of logarithms that forgets, in 1/4096 of an octave.
class Recent {
 public:
  Recent(std::int32_t start, int forget_shift) : mean_(start << 8), shift_(forget_shift) {}

  template <Kind kKind>
  std::uint32_t context(std::int32_t known) const {
    const std::int32_t recent = mean_ >> 8;
    if constexpr (kKind == Kind::kFloat) {
      return static_cast<std::uint32_t>(std::clamp((recent - known + 128) >> 3, 0, kContexts - 1));
    } else {
      return static_cast<std::uint32_t>(known * 8 + std::clamp((recent + 64) >> 3, 0, 7));
    }
  }

  template <Kind kKind>
  void note(std::int32_t log, std::int32_t known) {
    const std::int32_t seen = kKind == Kind::kFloat ? log + known : log;
    mean_ += ((seen << 8) - mean_) >> shift_;
  }

 private:
  std::int32_t mean_;
  int shift_;
};

// Few numbers are coded in one lane, because each lane costs eight bytes.
constexpr int lanes_for(std::uint64_t count) { return count < 4096 ? 1 : kLanes; }

inline constexpr int kLeastForget = 3;
inline constexpr int kMostForget = 20;  // keeps the mean as it started
inline constexpr std::int32_t kMostStart = 8192;

}  // namespace slipway::delta
