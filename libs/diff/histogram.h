// How often each symbol comes in each context, and the tables that make them short.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "delta/tables.h"

namespace slipway::diff {

struct Histogram {
  std::array<std::uint32_t, delta::kSymbols> of{};
  std::uint64_t total = 0;

  void add(std::uint8_t symbol) {
    ++of[symbol];
    ++total;
  }
  void add(const Histogram& other);
  // What its symbols take, coded by their own frequencies, and writing those.
  double bits() const;
};

struct Statistics {
  std::vector<Histogram> contexts = std::vector<Histogram>(delta::kContexts);
  std::uint64_t rest_bits = 0;  // that follow the symbols
};

// Neighbouring contexts whose symbols are alike share a table. `bits` is what all takes.
struct Choice {
  delta::Tables tables;
  double bits = 0;
};
Choice choose_tables(const Statistics& statistics);

// What it takes with these tables, or infinity where they lack a symbol.
double bits_with(const delta::Tables& tables, const Statistics& statistics);

// Of each context.
std::array<std::uint8_t, delta::kContexts> rows_of(std::uint64_t starts);

}  // namespace slipway::diff
