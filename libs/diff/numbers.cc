#include "diff/numbers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "delta/varint.h"
#include "diff/bit_writer.h"

namespace slipway::diff {
namespace {

using delta::code_of;
using delta::kBlock;
using delta::Kind;
using delta::kMeanings;
using delta::Recent;

struct Settings {
  int forget = delta::kMostForget;
  std::int32_t start = 0;
};

// From hardly changing to following every few numbers.
constexpr std::array kForgets = {delta::kMostForget, 7, 4, 2, 1, 0};

std::int32_t mean_log(Kind kind, std::span<const std::int32_t> values,
                      std::span<const std::uint8_t> known) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum += kMeanings[code_of(values[i]).symbol].log + (kind == Kind::kFloat ? 16 * known[i] : 0);
  }
  const std::int64_t mean = values.empty() ? 0 : sum / static_cast<std::int64_t>(values.size());
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(mean, -delta::kMostStart, delta::kMostStart));
}

// Calls visit(context, code) for each number in order.
template <Kind kKind, typename Visit>
void each_number(std::span<const std::int32_t> values, std::span<const std::uint8_t> known,
                 const Settings& settings, Visit&& visit) {
  Recent recent(settings.start, settings.forget);
  std::array<std::uint8_t, kBlock> contexts;
  std::array<std::uint8_t, kBlock> symbols;
  for (std::size_t done = 0; done < values.size(); done += kBlock) {
    const std::size_t count = std::min(kBlock, values.size() - done);
    recent.contexts<kKind>(known.subspan(done, count), contexts.data());
    for (std::size_t i = 0; i < count; ++i) {
      const delta::Coded code = code_of(values[done + i]);
      symbols[i] = code.symbol;
      visit(contexts[i], code);
    }
    if (count == kBlock && recent.forgets()) {
      recent.note<kKind>(symbols, known.subspan(done).first<kBlock>());
    }
  }
}

template <typename Visit>
void each_number(Kind kind, std::span<const std::int32_t> values,
                 std::span<const std::uint8_t> known, const Settings& settings, Visit&& visit) {
  if (kind == Kind::kFloat) {
    each_number<Kind::kFloat>(values, known, settings, visit);
  } else {
    each_number<Kind::kInteger>(values, known, settings, visit);
  }
}

Statistics statistics_of(Kind kind, std::span<const std::int32_t> values,
                         std::span<const std::uint8_t> known, const Settings& settings) {
  Statistics statistics;
  each_number(kind, values, known, settings, [&](std::uint32_t context, const delta::Coded& code) {
    statistics.contexts[context].add(code.symbol);
    statistics.rest_bits += code.bits;
  });
  return statistics;
}

struct Best {
  Settings settings;
  delta::Tables tables;
  bool reuses = false;
  double bits = std::numeric_limits<double>::infinity();
};

Best best_of(Kind kind, std::span<const std::int32_t> values, std::span<const std::uint8_t> known,
             const delta::Tables* offered) {
  Best best;
  const std::int32_t start = mean_log(kind, values, known);
  for (const int forget : kForgets) {
    const Settings settings{forget, start};
    const Statistics statistics = statistics_of(kind, values, known, settings);
    Choice choice = choose_tables(statistics);
    const double own_bits = choice.bits + 64;  // and which contexts share a table
    if (own_bits < best.bits) best = {settings, std::move(choice.tables), false, own_bits};
    if (offered == nullptr) continue;
    const double bits = bits_with(*offered, statistics);
    if (bits < best.bits) best = {settings, *offered, true, bits};
  }
  return best;
}

void put_tables(BitWriter& bits, const delta::Tables& tables) {
  for (const delta::Frequencies& frequencies : tables.frequencies) {
    const auto is_used = [](std::uint16_t f) { return f != 0; };
    const auto first = std::ranges::find_if(frequencies.of, is_used) - frequencies.of.begin();
    std::ptrdiff_t last = delta::kSymbols - 1;
    while (frequencies.of[static_cast<std::size_t>(last)] == 0) --last;
    bits.put(static_cast<std::uint32_t>(first), 8);
    bits.put(static_cast<std::uint32_t>(last), 8);
    for (std::ptrdiff_t i = first; i <= last; ++i) {
      const std::uint32_t frequency = frequencies.of[static_cast<std::size_t>(i)];
      const auto length = static_cast<std::uint32_t>(std::bit_width(frequency));
      bits.put(length, 4);
      if (length > 1) bits.put(frequency & ((1U << (length - 1)) - 1), length - 1);
    }
  }
}

// What the coder needs of one symbol.
struct Step {
  std::uint16_t frequency;
  std::uint16_t start;
};

// Backwards, as the decoder goes forwards: a lane takes a word after two of its numbers.
std::string bytes_of(std::span<const Step> steps, std::size_t lanes,
                     std::vector<std::uint32_t>& words) {
  std::vector<std::uint64_t> states(lanes, delta::kLeastState);
  const std::size_t twos = 2 * lanes;
  for (std::size_t group = (steps.size() + twos - 1) / twos; group-- > 0;) {
    const std::span<const Step> own =
        steps.subspan(group * twos, std::min(twos, steps.size() - group * twos));
    for (std::size_t lane = std::min(lanes, own.size()); lane-- > 0;) {
      std::uint64_t most =
          (delta::kLeastState << 32U >> delta::kProbabilityBits) * own[lane].frequency;
      if (lane + lanes < own.size()) {
        most = (most >> delta::kProbabilityBits) * own[lane + lanes].frequency;
      }
      if (states[lane] < most) continue;
      words.push_back(static_cast<std::uint32_t>(states[lane]));
      states[lane] >>= 32U;
    }
    for (std::size_t i = own.size(); i-- > 0;) {
      std::uint64_t& state = states[i % lanes];
      const Step& step = own[i];
      state = ((state / step.frequency) << delta::kProbabilityBits) + state % step.frequency +
              step.start;
    }
  }
  std::ranges::reverse(words);
  std::string bytes(lanes * 8, '\0');
  std::memcpy(bytes.data(), states.data(), bytes.size());
  return bytes;
}

}  // namespace

CodedNumbers encode_numbers(Kind kind, std::span<const std::int32_t> values,
                            std::span<const std::uint8_t> known, const delta::Tables* offered) {
  const Best best = best_of(kind, values, known, offered);
  std::array<std::array<std::uint16_t, delta::kSymbols>, delta::kMostTables> starts{};
  for (std::size_t table = 0; table < best.tables.frequencies.size(); ++table) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < delta::kSymbols; ++i) {
      starts[table][i] = static_cast<std::uint16_t>(sum);
      sum += best.tables.frequencies[table].of[i];
    }
  }
  const auto rows = rows_of(best.tables.starts);
  BitWriter bits;
  if (!best.reuses) put_tables(bits, best.tables);
  std::vector<Step> steps;
  steps.reserve(values.size());
  each_number(
      kind, values, known, best.settings, [&](std::uint32_t context, const delta::Coded& code) {
        const std::uint8_t row = rows[context];
        steps.push_back({best.tables.frequencies[row].of[code.symbol], starts[row][code.symbol]});
        bits.put(code.rest, code.bits);
      });
  std::vector<std::uint32_t> words;
  const std::string states =
      bytes_of(steps, static_cast<std::size_t>(delta::lanes_for(values.size())), words);
  const std::string rest = bits.finish();
  CodedNumbers coded;
  std::string& out = coded.bytes;
  out += static_cast<char>(best.settings.forget);
  delta::put_signed(out, best.settings.start);
  if (!best.reuses) {
    out.append(reinterpret_cast<const char*>(&best.tables.starts), sizeof(best.tables.starts));
  }
  delta::put_varint(out, words.size());
  delta::put_varint(out, rest.size());
  out += states;
  out.append(reinterpret_cast<const char*>(words.data()), words.size() * 4);
  out += rest;
  coded.tables = best.tables;
  coded.reuses = best.reuses;
  return coded;
}

std::string encode_plain_numbers(std::span<const std::int32_t> values) {
  const std::vector<std::uint8_t> nothing(values.size());
  return encode_numbers(Kind::kFloat, values, nothing).bytes;
}

double bits_of(Kind kind, std::span<const std::int32_t> values,
               std::span<const std::uint8_t> known) {
  return best_of(kind, values, known, nullptr).bits;
}

}  // namespace slipway::diff
