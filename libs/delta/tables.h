// How often each symbol comes, for each context: what the entropy coder reads by.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "delta/bit_reader.h"
#include "delta/format.h"

namespace slipway::delta {

// The frequencies of one table's symbols; their sum is kProbabilityOne.
struct Frequencies {
  std::array<std::uint16_t, kSymbols> of{};
};

// A table for each run of neighbouring contexts: bit c of `starts` says that context c begins one.
struct Tables {
  std::uint64_t starts = 0;  // bit 0 is clear: the first table begins there anyway
  std::vector<Frequencies> frequencies;
};

// What stands at a slot: a symbol, its frequency less one, and how far into the symbol's slots.
class Slot {
 public:
  Slot() = default;
  Slot(std::uint8_t symbol, std::uint32_t frequency, std::uint32_t offset)
      : bits_((frequency - 1) << 20U | offset << 8U | symbol) {}

  std::uint8_t symbol() const { return static_cast<std::uint8_t>(bits_); }
  std::uint32_t offset() const { return bits_ >> 8U & (kProbabilityOne - 1); }
  std::uint32_t frequency() const { return (bits_ >> 20U) + 1; }

 private:
  static_assert(kProbabilityBits == 12);
  std::uint32_t bits_ = 0;
};

// The tables as a decoder wants them.
class DecodingTables {
 public:
  using Row = std::array<Slot, kProbabilityOne>;

  // Reads what follows `starts`. kInvalid unless every table's sum is one.
  Status read(std::uint64_t starts, BitReader& bits);

  bool is_ready() const { return is_ready_; }
  const Row& row(std::uint32_t context) const { return *row_of_[context]; }

 private:
  std::array<const Row*, kContexts> row_of_{};
  std::unique_ptr<std::array<Row, kMostTables>> rows_;
  bool is_ready_ = false;
};

}  // namespace slipway::delta
