#include "delta/decoder.h"

#include <algorithm>
#include <cstring>

namespace slipway::delta {
namespace {

Error damaged() {
  return {Code::kInvalid, "the delta is damaged: its coded numbers do not end where they should"};
}

}  // namespace

Result<Decoder> Decoder::start(Taker& from, std::uint64_t count, DecodingTables& tables,
                               bool reuses) {
  Decoder decoder;
  const std::uint8_t forget = TRY(from.byte());
  const std::int64_t start = TRY(from.signed_varint());
  if (forget > kMostForget || start > kMostStart || start < -kMostStart) {
    return Error{Code::kInvalid, "the delta is damaged: coded numbers start with unknown settings"};
  }
  decoder.recent_ = Recent(static_cast<std::int32_t>(start), forget);
  std::uint64_t starts = 0;
  if (!reuses) {
    const std::span<const std::byte> raw = TRY(from.bytes(8));
    std::memcpy(&starts, raw.data(), 8);
  } else if (!tables.is_ready()) {
    return Error{Code::kInvalid, "the delta is damaged: it reuses tables that it has not given"};
  }
  const std::uint64_t words = TRY(from.varint(kMostPayloadBytes / 4));
  const std::uint64_t bit_bytes = TRY(from.varint(kMostPayloadBytes));
  const int lanes = lanes_for(count);
  decoder.is_one_lane_ = lanes == 1;
  const std::span<const std::byte> states = TRY(from.bytes(static_cast<std::uint64_t>(lanes) * 8));
  std::memcpy(decoder.states_.data(), states.data(), states.size());
  const std::span<const std::byte> word_bytes = TRY(from.bytes(words * 4));
  decoder.words_ = word_bytes.data();
  decoder.words_end_ = word_bytes.data() + word_bytes.size();
  decoder.bits_ = BitReader(TRY(from.bytes(bit_bytes)));
  if (!reuses) TRY(tables.read(starts, decoder.bits_));
  decoder.tables_ = &tables;
  return decoder;
}

namespace {

// Where the next words are: `end` says when there are none.
struct Words {
  const std::byte* at;
  const std::byte* end;

  bool has(std::size_t count) const { return end - at >= static_cast<std::ptrdiff_t>(count * 4); }
  // Without a branch: a word has to be there, whether it is needed or not.
  std::uint64_t refill_fast(std::uint64_t state) {
    std::uint32_t word;
    std::memcpy(&word, at, 4);
    const bool is_low = state < kLeastState;
    at += is_low ? 4 : 0;
    return is_low ? state << 32U | word : state;
  }
};

struct Block {
  std::array<std::uint8_t, kBlock> contexts;
  std::array<std::uint8_t, kBlock> symbols;
};

// The symbol at the state's slot; the state goes on, and may be below kLeastState until it is
// refilled.
std::uint8_t take_symbol(const DecodingTables::Row& row, std::uint64_t& state) {
  const Slot slot = row[static_cast<std::size_t>(state & (kProbabilityOne - 1))];
  state = slot.frequency() * (state >> kProbabilityBits) + slot.offset();
  return slot.symbol();
}

template <std::size_t kCount>
void take_block(const DecodingTables& tables, std::array<std::uint64_t, kCount>& states,
                Words& words, Block& block) {
  for (std::size_t i = 0; i < kBlock; i += 2 * kCount) {
    for (std::size_t j = i; j < i + 2 * kCount; ++j) {
      block.symbols[j] = take_symbol(tables.row(block.contexts[j]), states[j % kCount]);
    }
    for (std::uint64_t& state : states) state = words.refill_fast(state);
  }
}

// The same for `count` numbers, and where words may be missing.
template <std::size_t kCount>
void take_careful(const DecodingTables& tables, std::array<std::uint64_t, kCount>& states,
                  Words& words, std::size_t count, bool& has_overrun, Block& block) {
  for (std::size_t i = 0; i < count; i += 2 * kCount) {
    for (std::size_t j = i; j < std::min(i + 2 * kCount, count); ++j) {
      block.symbols[j] = take_symbol(tables.row(block.contexts[j]), states[j % kCount]);
    }
    for (std::uint64_t& state : states) {
      if (state >= kLeastState) continue;
      if (words.has(1)) {
        state = words.refill_fast(state);
      } else {
        has_overrun = true;
        state |= kLeastState;
      }
    }
  }
}

std::int32_t number_of(const Meaning& meaning, std::uint32_t rest) {
  return static_cast<std::int32_t>(magnitude_sign(meaning.least | rest, meaning.is_negative));
}

// Whether all of a block's symbols are numbers, without bits.
bool is_short(const Block& block) {
  static_assert(kShortSymbols == 16);
  std::array<std::uint64_t, kBlock / 8> eights;
  std::memcpy(eights.data(), block.symbols.data(), kBlock);
  std::uint64_t any = 0;
  for (const std::uint64_t eight : eights) any |= eight;
  return (any & 0xF0F0F0F0F0F0F0F0U) == 0;
}

void take_short(const Block& block, std::int32_t* numbers) {
  for (std::size_t i = 0; i < kBlock; ++i) {
    const std::uint32_t symbol = block.symbols[i];
    numbers[i] = static_cast<std::int32_t>(magnitude_sign(symbol >> 1U, symbol & 1U));
  }
}

void take_numbers_fast(const Block& block, BitReader& bits, std::int32_t* numbers) {
  BitReader own = bits;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const Meaning& meaning = kMeanings[block.symbols[i]];
    numbers[i] = number_of(meaning, own.take_fast(meaning.bits, meaning.mask));
  }
  bits = own;
}

void take_numbers(const Block& block, BitReader& bits, std::span<std::int32_t> numbers) {
  if (numbers.size() == kBlock) {
    if (is_short(block)) return take_short(block, numbers.data());
    if (bits.has_fast(kBlock)) return take_numbers_fast(block, bits, numbers.data());
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const Meaning& meaning = kMeanings[block.symbols[i]];
    numbers[i] = number_of(meaning, bits.take(meaning.bits));
  }
}

}  // namespace

template <Kind kKind, std::size_t kCount>
void Decoder::take_lanes(std::span<const std::uint8_t> known, std::span<std::int32_t> out) {
  std::array<std::uint64_t, kCount> states;
  std::copy_n(states_.begin(), kCount, states.begin());
  Words words{words_, words_end_};
  Block block;
  while (!out.empty()) {
    const std::size_t count = std::min(kBlock, out.size());
    recent_.contexts<kKind>(known.first(count), block.contexts.data());
    if (count == kBlock && words.has(kBlock / 2)) {
      take_block<kCount>(*tables_, states, words, block);
    } else {
      take_careful<kCount>(*tables_, states, words, count, has_overrun_, block);
    }
    take_numbers(block, bits_, out.first(count));
    if (count == kBlock && recent_.forgets()) {
      recent_.note<kKind>(block.symbols, known.first<kBlock>());
    }
    known = known.subspan(count);
    out = out.subspan(count);
  }
  std::copy_n(states.begin(), kCount, states_.begin());
  words_ = words.at;
}

template <Kind kKind>
void Decoder::take(std::span<const std::uint8_t> known, std::span<std::int32_t> out) {
  if (is_one_lane_) {
    take_lanes<kKind, 1>(known, out);
  } else {
    take_lanes<kKind, kLanes>(known, out);
  }
}

template void Decoder::take<Kind::kFloat>(std::span<const std::uint8_t>, std::span<std::int32_t>);
template void Decoder::take<Kind::kInteger>(std::span<const std::uint8_t>, std::span<std::int32_t>);

Status Decoder::finish() const {
  bool is_clean =
      !has_overrun_ && words_ == words_end_ && !bits_.has_overrun() && bits_.is_at_end();
  for (int lane = 0; lane < (is_one_lane_ ? 1 : kLanes); ++lane) {
    is_clean = is_clean && states_[static_cast<std::size_t>(lane)] == kLeastState;
  }
  if (!is_clean) return damaged();
  return {};
}

}  // namespace slipway::delta
