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

// The tables as a decoder wants them.
class DecodingTables {
 public:
  struct Span {
    std::uint16_t frequency;
    std::uint16_t start;
  };
  struct Row {
    std::array<std::uint8_t, kProbabilityOne> symbol_at;
    std::array<Span, kSymbols> span_of;
  };

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
