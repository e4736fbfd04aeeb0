#include "delta/decoder.h"

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
  if (forget < kLeastForget || forget > kMostForget || start > kMostStart || start < -kMostStart) {
    return Error{Code::kInvalid, "the delta is damaged: coded numbers start with unknown settings"};
  }
  decoder.recent_.fill(Recent(static_cast<std::int32_t>(start), forget));
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
  const std::span<const std::byte> states =
      TRY(from.bytes(static_cast<std::uint64_t>(lanes) * 8));
  std::memcpy(decoder.states_.data(), states.data(), states.size());
  const std::span<const std::byte> word_bytes = TRY(from.bytes(words * 4));
  decoder.words_ = word_bytes.data();
  decoder.words_end_ = word_bytes.data() + word_bytes.size();
  decoder.bits_ = BitReader(TRY(from.bytes(bit_bytes)));
  if (!reuses) TRY(tables.read(starts, decoder.bits_));
  decoder.tables_ = &tables;
  return decoder;
}

template <Kind kKind, int kCount>
void Decoder::take_lanes(std::span<const std::int16_t> known, std::span<std::int32_t> out) {
  std::array<std::uint64_t, kCount> states;
  std::copy_n(states_.begin(), kCount, states.begin());
  auto recent = recent_;
  BitReader bits = bits_;
  const std::byte* words = words_;
  const auto one = [&](std::size_t i, std::size_t lane) {
    const DecodingTables::Row& row = tables_->row(recent[lane].context<kKind>(known[i]));
    std::uint64_t& state = states[lane];
    const auto slot = static_cast<std::uint32_t>(state & (kProbabilityOne - 1));
    const std::uint8_t symbol = row.symbol_at[slot];
    state = row.frequency[symbol] * (state >> kProbabilityBits) + slot - row.start[symbol];
    if (state < kLeastState) {
      if (words == words_end_) {
        has_overrun_ = true;
        state |= kLeastState;
      } else {
        std::uint32_t word;
        std::memcpy(&word, words, 4);
        words += 4;
        state = state << 32U | word;
      }
    }
    const Meaning& meaning = kMeanings[symbol];
    recent[lane].note<kKind>(meaning.log, known[i]);
    const std::uint32_t magnitude = meaning.least | bits.take(meaning.bits);
    out[i] = static_cast<std::int32_t>(magnitude_sign(magnitude, meaning.is_negative));
  };
  std::size_t i = 0;
  for (; i + kCount <= out.size(); i += kCount) {
    for (std::size_t lane = 0; lane < kCount; ++lane) one(i + lane, lane);
  }
  for (std::size_t lane = 0; i < out.size(); ++i, ++lane) one(i, lane);
  std::copy_n(states.begin(), kCount, states_.begin());
  recent_ = recent;
  bits_ = bits;
  words_ = words;
}

template <Kind kKind>
void Decoder::take(std::span<const std::int16_t> known, std::span<std::int32_t> out) {
  if (is_one_lane_) {
    take_lanes<kKind, 1>(known, out);
  } else {
    take_lanes<kKind, kLanes>(known, out);
  }
}

template void Decoder::take<Kind::kFloat>(std::span<const std::int16_t>, std::span<std::int32_t>);
template void Decoder::take<Kind::kInteger>(std::span<const std::int16_t>,
                                            std::span<std::int32_t>);

Status Decoder::finish() const {
  bool is_clean = !has_overrun_ && words_ == words_end_ && !bits_.has_overrun() && bits_.is_at_end();
  for (int lane = 0; lane < (is_one_lane_ ? 1 : kLanes); ++lane) {
    is_clean = is_clean && states_[static_cast<std::size_t>(lane)] == kLeastState;
  }
  if (!is_clean) return damaged();
  return {};
}

}  // namespace slipway::delta
