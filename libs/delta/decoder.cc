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

// One number of one lane: its symbol by the lane's state, then the bits that follow it.
template <Kind kKind>
class Decoder::Lane {
 public:
  Lane() = default;
  Lane(std::uint64_t state, Recent recent) : state_(state), recent_(recent) {}

  std::uint8_t symbol(const DecodingTables& tables, std::int32_t known) {
    const DecodingTables::Row& row = tables.row(recent_.template context<kKind>(known));
    const auto slot = static_cast<std::uint32_t>(state_ & (kProbabilityOne - 1));
    const std::uint8_t symbol = row.symbol_at[slot];
    const DecodingTables::Span span = row.span_of[symbol];
    state_ = span.frequency * (state_ >> kProbabilityBits) + slot - span.start;
    recent_.template note<kKind>(kMeanings[symbol].log, known);
    return symbol;
  }
  // Without a branch: a word has to be there, whether it is needed or not.
  void refill_fast(const std::byte*& words) {
    std::uint32_t word;
    std::memcpy(&word, words, 4);
    const bool is_low = state_ < kLeastState;
    const std::uint64_t filled = state_ << 32U | word;
    state_ = is_low ? filled : state_;
    words += is_low ? 4 : 0;
  }
  void refill(const std::byte*& words, const std::byte* end, bool& has_overrun) {
    if (state_ >= kLeastState) return;
    if (words == end) {
      has_overrun = true;
      state_ |= kLeastState;
      return;
    }
    refill_fast(words);
  }

  std::uint64_t state() const { return state_; }
  const Recent& recent() const { return recent_; }

 private:
  std::uint64_t state_ = 0;
  Recent recent_{0, 1};
};

namespace {

std::int32_t number_of(const Meaning& meaning, std::uint32_t rest) {
  return static_cast<std::int32_t>(magnitude_sign(meaning.least | rest, meaning.is_negative));
}

}  // namespace

template <Kind kKind, int kCount>
void Decoder::take_lanes(std::span<const std::int16_t> known, std::span<std::int32_t> out) {
  std::array<Lane<kKind>, kCount> lanes;
  for (std::size_t lane = 0; lane < kCount; ++lane) {
    lanes[lane] = Lane<kKind>(states_[lane], recent_[lane]);
  }
  BitReader bits = bits_;
  const std::byte* words = words_;
  std::size_t i = 0;
  while (i + kCount <= out.size() && words_end_ - words >= kCount * 4 &&
         bits.left() >= kCount * BitReader::kFastBytes) {
    for (std::size_t lane = 0; lane < kCount; ++lane, ++i) {
      const Meaning& meaning = kMeanings[lanes[lane].symbol(*tables_, known[i])];
      lanes[lane].refill_fast(words);
      out[i] = number_of(meaning, bits.take_fast(meaning.bits));
    }
  }
  for (; i < out.size(); ++i) {
    Lane<kKind>& lane = lanes[i % kCount];
    const Meaning& meaning = kMeanings[lane.symbol(*tables_, known[i])];
    lane.refill(words, words_end_, has_overrun_);
    out[i] = number_of(meaning, bits.take(meaning.bits));
  }
  for (std::size_t lane = 0; lane < kCount; ++lane) {
    states_[lane] = lanes[lane].state();
    recent_[lane] = lanes[lane].recent();
  }
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
template void Decoder::take<Kind::kInteger>(std::span<const std::int16_t>, std::span<std::int32_t>);

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
