// The model of a difference, which who writes a delta and who applies it keep in step: whole
// numbers only, so that every processor decodes the same. docs/formats/delta.md, "Coded numbers".
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

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
  std::uint32_t mask;   // of the bits that follow
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
      meaning.mask = (1U << meaning.bits) - 1;
      meaning.least = (4U + (index - 8) % 4) << meaning.bits;
      const std::uint32_t eighths = (index - 8) % 4 * 2 + 1;  // the middle of the quarter
      meaning.log = static_cast<std::int16_t>(16 * (length - 1) + kLogOfEighths[eighths]);
    }
  }
  return meanings;
}
inline constexpr std::array<Meaning, kSymbols> kMeanings = make_meanings();

// Symbols below have a number of their own: no bits follow.
inline constexpr std::uint32_t kShortSymbols = 16;

constexpr std::uint32_t magnitude_sign(std::uint32_t magnitude, std::uint32_t is_negative) {
  return (magnitude ^ (0U - is_negative)) + is_negative;
}

// What is known of the next number before it is decoded.
//   Floating point: the exponent of the prediction; the context is how large the difference is
//   expected to be in units of the prediction's last place, in half octaves, where the recent
//   differences tell how large it is in itself.
//   Whole numbers: one of eight groups; the context is the group and the recent differences.
enum class Kind : std::uint8_t { kFloat, kInteger };

inline constexpr int kMostForget = 15;  // keeps the mean as it started
inline constexpr std::int32_t kMostStart = 8192;

// Numbers of a block have contexts that do not depend on each other.
inline constexpr std::size_t kBlock = 32;

// The recent size of numbers: a mean of logarithms that forgets, in 1/4096 of an octave.
class Recent {
 public:
  Recent(std::int32_t start, int forget_shift) : mean_(start * 256), shift_(forget_shift) {}

  // Of the next numbers, at most to the end of the block.
  template <Kind kKind>
  void contexts(std::span<const std::uint8_t> known, std::uint8_t* contexts) const {
    const std::int32_t recent = mean_ >> 8;
    if constexpr (kKind == Kind::kFloat) {
      const auto base = static_cast<std::int16_t>((recent + 128) >> 3);
      for (std::size_t i = 0; i < known.size(); ++i) {
        const auto size = static_cast<std::int16_t>(base - 2 * known[i]);
        contexts[i] = static_cast<std::uint8_t>(
            std::clamp<std::int16_t>(size, 0, static_cast<std::int16_t>(kContexts - 1)));
      }
    } else {
      const auto size = static_cast<std::uint8_t>(std::clamp((recent + 64) >> 3, 0, 7));
      for (std::size_t i = 0; i < known.size(); ++i) {
        contexts[i] = static_cast<std::uint8_t>(known[i] * 8 + size);
      }
    }
  }

  bool forgets() const { return shift_ < kMostForget; }

  // After each whole block, if it forgets at all.
  template <Kind kKind>
  void note(std::span<const std::uint8_t, kBlock> symbols,
            std::span<const std::uint8_t, kBlock> known) {
    std::int32_t sum = 0;
    for (const std::uint8_t symbol : symbols) sum += kMeanings[symbol].log;
    if constexpr (kKind == Kind::kFloat) {
      std::int32_t exponents = 0;
      for (const std::uint8_t exponent : known) exponents += exponent;
      sum += 16 * exponents;
    }
    mean_ += (sum * (256 / static_cast<std::int32_t>(kBlock)) - mean_) >> shift_;
  }

 private:
  std::int32_t mean_;
  int shift_;
};

// Few numbers are coded in one lane, because each lane costs eight bytes.
constexpr int lanes_for(std::uint64_t count) { return count < 4096 ? 1 : kLanes; }

}  // namespace slipway::delta
